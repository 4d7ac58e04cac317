package main

import (
	"fmt"
	"net/http"
	"net/url"
)

const history = 250

type addMessages struct {
	ConversationID string    `json:"conversation_id"`
	QueryID        string    `json:"query_id"`
	Messages       []message `json:"messages"`
	TTLSeconds     int64     `json:"ttl_seconds,omitempty"`
}

// memory is the memory client of the executors (7.2), with a history of more than two pages, and who else reads it (1.5).
func memory(c client) {
	executor := c
	executor.header = http.Header{"User-Agent": {"ark-memory-client/1.0"}}
	id := read[newConversation](executor, http.MethodPost, "/conversations", nil, http.StatusCreated).ConversationID
	where := "/messages?conversation_id=" + url.QueryEscape(id)
	check(len(get[memoryPage](executor, where).Items) == 0, "a new conversation has messages")
	for number := 0; number < history; number += 2 {
		// A role-less message is none that this client sends; "content" may be absent beside tool calls.
		answer := executor.send(http.MethodPost, "/messages", addMessages{id, fmt.Sprintf("q-%d", number), []message{
			{Role: "user", Content: fmt.Sprint(number)},
			{Role: "assistant", Content: fmt.Sprint(number + 1), Name: "planner"},
		}, 2592000}, http.StatusOK)
		check(len(answer) == 0, "the answer has a body: %s", answer)
	}
	whole := get[memoryPage](executor, where)
	check(whole.Total == history && !whole.HasMore, "the executor gets %d, more: %v", whole.Total, whole.HasMore)
	inOrder(whole.Items, id)

	// Everybody else reads it page by page, with a number for a cursor.
	var items []messageItem
	for cursor := int64(0); ; {
		part := get[page[messageItem]](c, fmt.Sprintf("%s&cursor=%d", where, cursor))
		check(part.Total == history, "a page says %d", part.Total)
		check(part.HasMore == (part.NextCursor != 0), "a page has %v and %d", part.HasMore, part.NextCursor)
		items = append(items, part.Items...)
		if !part.HasMore {
			break
		}
		check(len(part.Items) == 100, "a page of %d", len(part.Items))
		cursor = part.NextCursor
	}
	inOrder(items, id)
	inOrder(get[conversation](c, "/conversations/"+id).Messages, id)
	all := get[conversations](c, "/conversations").Conversations
	check(len(all) == 1 && all[0] == id, "conversations %v", all)
	status := get[memoryStatus](c, "/memory-status")
	check(status.TotalConversations == 1 && status.TotalMessages == history &&
		status.Conversations[id].MessageCount == history && status.Conversations[id].QueryCount == history/2,
		"the status %+v", status)
	missing := read[failure](c, http.MethodGet, "/conversations/none", nil, http.StatusNotFound)
	check(missing.Error.Code == "NOT_FOUND", "%+v", missing)
	invalid := read[failure](c, http.MethodPost, "/messages", map[string]string{}, http.StatusBadRequest)
	check(invalid.Error.Code == "VALIDATION_ERROR", "%+v", invalid)
}

func inOrder(items []messageItem, id string) {
	check(len(items) == history, "%d messages, not %d", len(items), history)
	for number, item := range items {
		check(item.ConversationID == id && item.QueryID == fmt.Sprintf("q-%d", number/2*2), "whose is %+v", item)
		check(item.Message.Content == fmt.Sprint(number), "message %d is %+v", number, item.Message)
		check(item.Message.Role == []string{"user", "assistant"}[number%2], "message %d is %+v", number, item.Message)
		check(number == 0 || item.Sequence > items[number-1].Sequence, "the sequence at %d", number)
	}
}
