package main

import "encoding/json"

// What the broker answers, as the contract of Ark's clients describes it. A field with omitempty may be absent.

type status struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
	Removed *int   `json:"removed,omitempty"`
}

type failure struct {
	Error struct {
		Code      string `json:"code"`
		Type      string `json:"type"`
		Message   string `json:"message"`
		RequestID string `json:"requestId"`
	} `json:"error"`
}

type page[Item any] struct {
	Items        []Item         `json:"items"`
	Total        int            `json:"total"`
	HasMore      bool           `json:"hasMore"`
	NextCursor   int64          `json:"nextCursor,omitempty"`
	StatusCounts map[string]int `json:"statusCounts,omitempty"`
}

// memoryPage is what the memory client of the executors makes of a page: its cursor is a string, which no number fits.
type memoryPage struct {
	Items      []messageItem `json:"items"`
	Total      int           `json:"total"`
	HasMore    bool          `json:"hasMore"`
	NextCursor string        `json:"nextCursor,omitempty"`
}

type message struct {
	Role       string            `json:"role"`
	Content    string            `json:"content,omitempty"`
	Name       string            `json:"name,omitempty"`
	ToolCalls  []json.RawMessage `json:"tool_calls,omitempty"`
	ToolCallID string            `json:"tool_call_id,omitempty"`
}

type messageItem struct {
	Timestamp      string  `json:"timestamp"`
	ConversationID string  `json:"conversation_id"`
	QueryID        string  `json:"query_id"`
	Message        message `json:"message"`
	Sequence       int64   `json:"sequence"`
}

type newConversation struct {
	ConversationID string `json:"conversation_id"`
}

type conversation struct {
	ConversationID string        `json:"conversation_id"`
	Messages       []messageItem `json:"messages"`
}

type conversations struct {
	Conversations []string `json:"conversations"`
}

type memoryStatus struct {
	TotalConversations int `json:"total_conversations"`
	TotalMessages      int `json:"total_messages"`
	Conversations      map[string]struct {
		MessageCount int `json:"message_count"`
		QueryCount   int `json:"query_count"`
	} `json:"conversations"`
}

type event struct {
	Timestamp  string            `json:"timestamp"`
	EventType  string            `json:"eventType"`
	Reason     string            `json:"reason"`
	Message    string            `json:"message"`
	Data       map[string]string `json:"data"`
	TTLSeconds int               `json:"ttl_seconds,omitempty"`
}

type delta struct {
	Content string `json:"content,omitempty"`
}

type chunk struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	Model   string `json:"model"`
	Choices []struct {
		Index        int    `json:"index"`
		Delta        delta  `json:"delta"`
		FinishReason string `json:"finish_reason,omitempty"`
	} `json:"choices"`
	Ark map[string]json.RawMessage `json:"ark,omitempty"`
}

type chunkItem struct {
	SequenceNumber int64  `json:"sequenceNumber"`
	Timestamp      string `json:"timestamp"`
	Data           struct {
		QueryID  string          `json:"queryId"`
		Chunk    json.RawMessage `json:"chunk"`
		Complete bool            `json:"complete,omitempty"`
	} `json:"data"`
}

type uploaded struct {
	Status         string `json:"status"`
	Query          string `json:"query"`
	ChunksReceived int    `json:"chunks_received"`
}

type completed struct {
	Status string `json:"status"`
	Query  string `json:"query"`
}

type attribute struct {
	Key   string                     `json:"key"`
	Value map[string]json.RawMessage `json:"value"`
}

type span struct {
	TraceID           string      `json:"traceId"`
	SpanID            string      `json:"spanId"`
	ParentSpanID      string      `json:"parentSpanId,omitempty"`
	Name              string      `json:"name"`
	Kind              any         `json:"kind"`
	StartTimeUnixNano string      `json:"startTimeUnixNano"`
	EndTimeUnixNano   string      `json:"endTimeUnixNano"`
	Attributes        []attribute `json:"attributes"`
	Status            struct {
		Code    any    `json:"code,omitempty"`
		Message string `json:"message,omitempty"`
	} `json:"status,omitempty"`
	Resource map[string]json.RawMessage `json:"resource"`
}

type trace struct {
	TraceID string `json:"traceId"`
	Spans   []span `json:"spans"`
}

type session struct {
	SessionID string `json:"sessionId"`
	Name      string `json:"name"`
	Queries   map[string]struct {
		Name           string `json:"name"`
		Namespace      string `json:"namespace,omitempty"`
		ConversationID string `json:"conversationId,omitempty"`
		Agent          string `json:"agent,omitempty"`
		Team           string `json:"team,omitempty"`
		Tool           string `json:"tool,omitempty"`
		TargetType     string `json:"targetType"`
		Phase          string `json:"phase"`
		Error          string `json:"error,omitempty"`
		CreatedAt      string `json:"createdAt"`
		CompletedAt    string `json:"completedAt,omitempty"`
		LastActivity   string `json:"lastActivity"`
	} `json:"queries"`
	Status       string `json:"status"`
	ErrorCount   int    `json:"errorCount"`
	Participants []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"participants"`
	Conversations []struct {
		ConversationID  string   `json:"conversationId"`
		Name            string   `json:"name"`
		Participants    []string `json:"participants"`
		MessageCount    int      `json:"messageCount"`
		Duration        string   `json:"duration"`
		StartTime       string   `json:"startTime"`
		ParticipantType string   `json:"participantType"`
		ErrorCount      int      `json:"errorCount"`
	} `json:"conversations"`
	CreatedAt    string `json:"createdAt"`
	LastActivity string `json:"lastActivity"`
}

type sessions struct {
	Sessions map[string]session `json:"sessions"`
}
