package main

import (
	"net/http"
	"strings"
)

// deletes is the finalizer of the controller (7.4): each delete is fine twice, also of what is not there.
func deletes(c client) {
	for _, query := range []string{"gone", "stays"} {
		c.emit(newEvent("QueryExecutionStart", query))
		c.send(http.MethodPost, "/messages", addMessages{"c", query, []message{{Role: "user", Content: query}}, 0}, http.StatusOK)
	}
	for _, path := range []string{
		"/queries/gone/messages", "/events/uid-gone", "/sessions/queries/gone",
		"/queries/none/messages", "/events/none", "/sessions/queries/none",
		"/conversations/none/queries/none/messages", "/conversations/none",
	} {
		for _, isFirst := range []bool{true, false} {
			answer := read[status](c, http.MethodDelete, path, nil, http.StatusOK)
			check(answer.Status == "success" && answer.Message != "", "DELETE %s: %+v", path, answer)
			if strings.HasPrefix(path, "/sessions") {
				removed := 0
				if isFirst && path == "/sessions/queries/gone" {
					removed = 1
				}
				check(answer.Removed != nil && *answer.Removed == removed, "DELETE %s: %+v", path, answer)
			}
		}
	}
	messages := get[page[messageItem]](c, "/messages")
	check(messages.Total == 1 && messages.Items[0].QueryID == "stays", "%+v", messages)
	left := get[page[event]](c, "/events")
	check(left.Total == 1 && left.Items[0].Data["queryName"] == "stays", "%+v", left)
	queries := get[session](c, "/sessions/session-go").Queries
	_, stays := queries["stays"]
	check(len(queries) == 1 && stays, "%+v", queries)
}
