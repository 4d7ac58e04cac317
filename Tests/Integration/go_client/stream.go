package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
)

func newChunk(id, content string) chunk {
	var made chunk
	text := fmt.Sprintf(`{"id":%q,"object":"chat.completion.chunk","created":1767225600,"model":"gpt-4o",
		"choices":[{"index":0,"delta":{"content":%q}}],"ark":{"query":"uid-q","agent":"planner"}}`, id, content)
	check(json.Unmarshal([]byte(text), &made) == nil, "%s", text)
	return made
}

// stream uploads chunks as the executor does (7.3): one request, whose body ends just as another says that the query is
// complete. A reader has each chunk before the next is sent.
func stream(c client) {
	// An upload takes as long as its query does.
	c.http.Timeout = 0
	response, err := c.http.Get(c.base + "/stream/q?from-beginning=true&wait-for-query=30s")
	check(err == nil && response.StatusCode == http.StatusOK, "%v, %+v", err, response)
	check(response.Header.Get("Content-Type") == "text/event-stream", "%v", response.Header)
	frames := bufio.NewReader(response.Body)

	reader, writer := io.Pipe()
	type result struct {
		answer []byte
		err    error
	}
	results := make(chan result, 1)
	go func() {
		answer, err := c.http.Post(c.base+"/stream/q", "application/x-ndjson", reader)
		if err != nil {
			results <- result{nil, err}
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("the upload: %s", answer.Status)
		}
		results <- result{body, err}
	}()
	encoder := json.NewEncoder(writer)
	for number := 0; number < 50; number++ {
		sent := newChunk("chatcmpl-1", fmt.Sprintf("%d <é> ✓", number))
		check(encoder.Encode(sent) == nil, "chunk %d", number)
		check(reflect.DeepEqual(nextChunk(frames), sent), "chunk %d is another", number)
	}
	final := newChunk("chatcmpl-final", "")
	final.Ark["completedQuery"] = json.RawMessage(`{"metadata":{"name":"q"},"status":{"phase":"done"}}`)
	check(encoder.Encode(final) == nil, "the final chunk")
	writer.Close()
	done := read[completed](c, http.MethodPost, "/stream/q/complete", "{}", http.StatusOK)
	check(done == completed{"completed", "q"}, "%+v", done)
	check(reflect.DeepEqual(nextChunk(frames), final), "the final chunk is another")
	rest, err := io.ReadAll(frames)
	check(err == nil && string(rest) == "data: [DONE]\n\n", "the end is %q, %v", rest, err)
	upload := <-results
	check(upload.err == nil, "%v", upload.err)
	var answer uploaded
	err = decode(upload.answer, &answer)
	check(err == nil && answer == uploaded{"stream_processed", "q", 51}, "%v, %s", err, upload.answer)

	again := read[completed](c, http.MethodPost, "/stream/q/complete", "{}", http.StatusOK)
	check(again == completed{"already_completed", "q"}, "%+v", again)
	unknown := read[completed](c, http.MethodPost, "/stream/unknown/complete", "{}", http.StatusOK)
	check(unknown == completed{"completed", "unknown"}, "%+v", unknown)
	list := get[page[chunkItem]](c, "/stream?limit=1000")
	check(list.Total == 53 && len(list.Items) == 53, "%d items", list.Total)
	marker := list.Items[51].Data
	check(marker.Complete && marker.QueryID == "q" && string(marker.Chunk) == `"[DONE]"`, "the marker %+v", marker)
}

// nextChunk reads a frame.
func nextChunk(frames *bufio.Reader) chunk {
	line, err := frames.ReadString('\n')
	check(err == nil && strings.HasPrefix(line, "data: "), "%q, %v", line, err)
	empty, err := frames.ReadString('\n')
	check(err == nil && empty == "\n", "%q, %v", empty, err)
	var came chunk
	err = decode([]byte(line[6:]), &came)
	check(err == nil, "%v", err)
	return came
}
