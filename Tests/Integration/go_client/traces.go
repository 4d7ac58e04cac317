package main

import (
	"fmt"
	"net/http"
)

// traces sends spans in OTLP/JSON and reads them back (1.7, 4.4 and 5).
func traces(c client) {
	for number := 1; number <= 3; number++ {
		body := fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"ark"}}]},
			"scopeSpans":[{"scope":{"name":"ark"},"spans":[{"traceId":"%032x","spanId":"%016x","name":"query.q.dispatch","kind":1,
			"startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225601000000000","status":{"code":1},
			"attributes":[{"key":"ark.session.id","value":{"stringValue":"s-%d"}}]}]}]}]}`, number, number, number%2)
		answer := read[map[string]any](c, http.MethodPost, "/v1/traces", body, http.StatusOK)
		check(len(answer) == 0, "%v", answer)
	}
	list := get[page[trace]](c, "/traces?limit=2")
	check(list.Total == 3 && list.HasMore && list.Items[0].TraceID == fmt.Sprintf("%032x", 3), "%+v", list)
	rest := get[page[trace]](c, fmt.Sprintf("/traces?limit=2&cursor=%d", list.NextCursor))
	check(len(rest.Items) == 1 && !rest.HasMore && rest.Items[0].TraceID == fmt.Sprintf("%032x", 1), "%+v", rest)
	check(get[page[trace]](c, "/traces?session_id=s-1").Total == 2, "traces of a session")
	one := get[trace](c, fmt.Sprintf("/traces/%032x", 2))
	check(len(one.Spans) == 1 && one.Spans[0].Name == "query.q.dispatch", "%+v", one)
	check(string(one.Spans[0].Resource["service.name"]) == `"ark"`, "%+v", one.Spans[0].Resource)
	missing := read[failure](c, http.MethodGet, "/traces/none", nil, http.StatusNotFound)
	check(missing.Error.Message == "Trace not found", "%+v", missing)
}
