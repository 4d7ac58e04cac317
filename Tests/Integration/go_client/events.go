package main

import (
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"time"
)

// operations are those of which the controller and the executors tell, each of which starts and ends (4.5).
var operations = []string{
	"QueryExecution", "ApprovalResumption", "TargetExecution", "AgentExecution", "TeamExecution", "TeamTurn", "TeamMember",
	"LLMCall", "ToolCall", "MemoryAddMessages", "MemoryGetMessages", "A2AExecution",
}

func newEvent(reason, query string, more ...string) event {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	made := event{now, "Normal", reason, reason + " (timestamp: " + now + ")", map[string]string{
		"queryId": "uid-" + query, "queryName": query, "queryNamespace": "default", "sessionId": "session-go",
		"message": reason, "timestamp": now, "somethingNew": "kept",
	}, 2592000}
	for number := 0; number < len(more); number += 2 {
		made.Data[more[number]] = more[number+1]
	}
	return made
}

func (c client) emit(posted event) {
	answer := read[status](c, http.MethodPost, "/events", posted, http.StatusCreated)
	check(answer.Status == "success", "%+v", answer)
}

// events is the emitter of the controller and the executors (7.1), and what comes of it: events and sessions.
func events(c client) {
	// That of the emitter.
	c.http.Timeout = 5 * time.Second
	var posted []event
	for _, operation := range operations {
		posted = append(posted, newEvent(operation+"Start", "q", "agent", "default/planner", "conversationId", "c"))
		posted = append(posted, newEvent(operation+"Complete", "q", "durationMs", "812.44"))
	}
	failed := newEvent("QueryExecutionError", "failed", "error", "query execution failed: \"no\"", "durationMs", "3.10")
	failed.EventType = "Warning"
	posted = append(posted, failed)
	for _, one := range posted {
		c.emit(one)
	}
	list := get[page[event]](c, "/events?session_id=session-go&limit=1000")
	check(list.Total == len(posted) && len(list.Items) == len(posted), "%d events", list.Total)
	for number, one := range list.Items {
		// Kept for that long, which is nothing that the event says.
		posted[number].TTLSeconds = 0
		check(reflect.DeepEqual(one, posted[number]), "%+v came back as %+v", posted[number], one)
	}
	check(get[page[event]](c, "/events/uid-failed").Total == 1, "events of one query")
	part := get[page[event]](c, "/events?limit=2")
	check(part.HasMore && get[page[event]](c, fmt.Sprintf("/events?limit=2&cursor=%d", part.NextCursor)).Items[0].Reason ==
		posted[2].Reason, "the second page")

	one := get[session](c, "/sessions/session-go")
	check(one.Name == "go" && one.Status == "error" && one.ErrorCount == 1, "the session %+v", one)
	check(one.Queries["q"].Phase == "done" && one.Queries["q"].Agent == "default/planner", "the query %+v", one.Queries["q"])
	check(one.Queries["failed"].Error == failed.Data["error"], "the failed query %+v", one.Queries["failed"])
	check(len(one.Conversations) == 1 && one.Conversations[0].MessageCount == 1, "%+v", one.Conversations)
	check(len(one.Participants) == 1 && one.Participants[0].Type == "agent", "%+v", one.Participants)
	check(reflect.DeepEqual(get[sessions](c, "/sessions").Sessions["session-go"], one), "all sessions have another")
	found := get[page[session]](c, "/sessions?limit=100&status=error&sort=date")
	check(found.Total == 1 && found.StatusCounts["error"] == 1 && reflect.DeepEqual(found.Items[0], one), "%+v", found)

	// As many at once as the emitter has in flight.
	var flying sync.WaitGroup
	for number := 0; number < 64; number++ {
		flying.Add(1)
		go func(number int) {
			defer flying.Done()
			c.emit(newEvent("ToolCallStart", fmt.Sprintf("at-once-%d", number)))
		}(number)
	}
	flying.Wait()
	check(get[page[event]](c, "/events?limit=1").Total == len(posted)+64, "events that were posted at once")
	invalid := read[failure](c, http.MethodPost, "/events", map[string]any{"data": map[string]any{}}, http.StatusBadRequest)
	check(invalid.Error.Code == "VALIDATION_ERROR", "%+v", invalid)
}
