import ArkHTTP

extension APIOperation {
  static let system: [APIOperation] = [
    APIOperation(
      .get, "/health",
      about: #"""
        "operationId": "getHealth", "tags": ["System"],
        "summary": "Is the process alive?",
        "description": "Answers as long as the process serves at all: a liveness probe."
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Probe"}
        """#),
    APIOperation(
      .get, "/ready", errors: [503],
      about: #"""
        "operationId": "getReady", "tags": ["System"],
        "summary": "Is the store open?",
        "description": "503 while the store is being opened and while the broker drains: a readiness probe. A full disk does not change it, because reads go on."
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/OK"}
        """#),
    APIOperation(
      .get, "/readyz",
      about: #"""
        "operationId": "getReadyz", "tags": ["System"],
        "summary": "Is the store open?"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Probe"},
        "503": {"description": "No.", "content": {"text/html": {"schema": {"type": "string", "const": "Service Unavailable"}}}}
        """#),
    APIOperation(
      .get, "/metrics",
      about: #"""
        "operationId": "getMetrics", "tags": ["Monitoring"],
        "summary": "Metrics in the Prometheus text format",
        "description": "Counters and gauges of the broker (`ark_broker_…`), of the server (`ark_http_…`) and of the process."
        """#,
      answers: #"""
        "200": {"description": "The metrics.", "content": {"text/plain": {
          "schema": {"type": "string"},
          "example": "# HELP ark_broker_events_in_total Events stored.\n# TYPE ark_broker_events_in_total counter\nark_broker_events_in_total 42\n"}}}
        """#),
    APIOperation(
      .get, "/openapi.json",
      about: #"""
        "operationId": "getDescription", "tags": ["System"],
        "summary": "This document"
        """#,
      answers: #"""
        "200": {"description": "The document.", "content": {"application/json": {
          "schema": {"type": "object", "required": ["openapi", "info", "paths"]}}}}
        """#),
    APIOperation(
      .get, "/docs",
      about: #"""
        "operationId": "getDocs", "tags": ["System"],
        "summary": "A page that shows this document"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Page"}
        """#),
    APIOperation(
      .get, "/api-docs",
      about: #"""
        "operationId": "getAPIDocs", "tags": ["System"],
        "summary": "The same page as /docs"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Page"}
        """#),
  ]
}
