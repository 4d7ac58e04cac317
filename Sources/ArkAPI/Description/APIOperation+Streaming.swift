import ArkHTTP

extension APIOperation {
  static let chunks: [APIOperation] = [
    APIOperation(
      .post, "/stream/{query}", errors: [400, 413, 415, 503],
      about: #"""
        "operationId": "uploadChunks", "tags": ["Streaming"],
        "summary": "Upload chunks of a query's answer, as they come",
        "description": "One JSON value a line, taken as soon as its line ends: readers see it while the request goes on, for as long as it does. Empty lines, lines that are no JSON and lines over 10 MiB are passed over. The media type does not matter.",
        "parameters": [{"$ref": "#/components/parameters/QueryName"}],
        "requestBody": {"required": true, "content": {"application/x-ndjson": {
          "schema": {"type": "string", "description": "Lines of `Chunk`."},
          "example": "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n"}}}
        """#,
      answers: #"""
        "200": {"description": "The body has ended.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/UploadResult"}}}}
        """#),
    APIOperation(
      .post, "/stream/{query}/complete", errors: [400, 413, 415, 503],
      about: #"""
        "operationId": "completeStream", "tags": ["Streaming"],
        "summary": "Say that nothing more comes of a query",
        "description": "Its streams end. Waits up to five seconds for uploads of the query that are still open. A body is passed over.",
        "parameters": [{"$ref": "#/components/parameters/QueryName"}]
        """#,
      answers: #"""
        "200": {"description": "It is complete, and may have been before.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/CompletionResult"}}}}
        """#),
    APIOperation(
      .get, "/stream/{query}", errors: [400, 503],
      about: #"""
        "operationId": "streamQuery", "tags": ["Streaming"],
        "summary": "Stream the chunks of a query",
        "description": "Begins with what comes next, or at the query's first chunk, and ends by itself. The first chunk is that behind the newest `DELETE /sessions/queries/{query}`: a Query that is created again has a stream of its own.",
        "parameters": [
          {"$ref": "#/components/parameters/QueryName"},
          {"$ref": "#/components/parameters/FromBeginning"},
          {"$ref": "#/components/parameters/LastEventID"},
          {"name": "wait-for-query", "in": "query",
           "description": "How long to wait for the first chunk: a number of seconds, or one with `ms`, `s` or `m`; within 1 s and 5 min, which is also how long it waits without. Anything else is passed over.",
           "schema": {"type": "string", "examples": ["30", "30s", "5m"]}}]
        """#,
      answers: #"""
        "200": {"description": "The chunks.", "content": {"text/event-stream": {
          "schema": {"$ref": "#/components/schemas/QueryFrame"},
          "example": "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n"}}}
        """#),
    APIOperation(
      .get, "/stream", errors: [400, 503],
      about: #"""
        "operationId": "listChunks", "tags": ["Streaming"],
        "summary": "List the chunks of all queries, or watch them",
        "description": "Ascending by `sequenceNumber`.",
        "parameters": [
          {"$ref": "#/components/parameters/Limit"},
          {"$ref": "#/components/parameters/Cursor"},
          {"name": "watch", "in": "query", "description": "`true`: server-sent events of what comes. Anything else: a list.", "schema": {"type": "string", "default": "false", "examples": ["true"]}},
          {"$ref": "#/components/parameters/FromBeginning"},
          {"$ref": "#/components/parameters/LastEventID"}]
        """#,
      answers: #"""
        "200": {"description": "A page of chunks; with `watch=true`, frames that each have one `Chunk`, or the text \"[DONE]\" when a query is completed.", "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/ChunkList"}},
          "text/event-stream": {"schema": {"$ref": "#/components/schemas/ChunkFrame"}}}}
        """#),
    APIOperation(
      .delete, "/stream", errors: [403, 503],
      about: #"""
        "operationId": "purgeChunks", "tags": ["Streaming"],
        "summary": "Delete all chunks, if the broker allows it"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
  ]
}
