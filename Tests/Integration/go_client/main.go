// A client of the broker as the Go programs of Ark are: net/http and encoding/json. Its first argument is what it does, the
// second the broker's address; it ends with an error when an answer is not as the contract has it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

var roles = map[string]func(client){
	"memory": memory, "events": events, "stream": stream, "traces": traces, "deletes": deletes,
}

func main() {
	roles[os.Args[1]](client{os.Args[2], http.Client{Timeout: 30 * time.Second}, http.Header{}})
}

type client struct {
	base   string
	http   http.Client
	header http.Header
}

// check ends the program when something is not as it should be.
func check(isSo bool, format string, arguments ...any) {
	if !isSo {
		fmt.Fprintf(os.Stderr, format+"\n", arguments...)
		os.Exit(1)
	}
}

// send answers the body of a response that has this status. A body that is text is sent as it is, any other as JSON.
func (c client) send(method, path string, body any, want int) []byte {
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = bytes.NewReader([]byte(body))
	default:
		text, err := json.Marshal(body)
		check(err == nil, "%v", err)
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, c.base+path, reader)
	check(err == nil, "%v", err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, values := range c.header {
		request.Header[name] = values
	}
	response, err := c.http.Do(request)
	check(err == nil, "%s %s: %v", method, path, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	check(err == nil, "%s %s: %v", method, path, err)
	check(response.StatusCode == want, "%s %s: %d, not %d: %.500s", method, path, response.StatusCode, want, answer)
	return answer
}

// read sends a request and decodes what it is answered.
func read[Answer any](c client, method, path string, body any, want int) Answer {
	var answer Answer
	text := c.send(method, path, body, want)
	err := decode(text, &answer)
	check(err == nil, "%s %s: %v", method, path, err)
	return answer
}

func get[Answer any](c client, path string) Answer {
	return read[Answer](c, http.MethodGet, path, nil, http.StatusOK)
}
