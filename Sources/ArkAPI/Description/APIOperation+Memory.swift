import ArkHTTP

extension APIOperation {
  static let messages: [APIOperation] = [
    APIOperation(
      .post, "/messages", errors: [400, 413, 415, 503],
      about: #"""
        "operationId": "addMessages", "tags": ["Memory"],
        "summary": "Add messages to a conversation",
        "description": "All of them are stored, or none. Without messages, the query is only noted as part of the conversation.",
        "requestBody": {"required": true, "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/MessageBatch"}}}}
        """#,
      answers: #"""
        "200": {"description": "They are as durable as the store promises. There is no body."}
        """#),
    APIOperation(
      .get, "/messages", errors: [400, 503],
      about: #"""
        "operationId": "listMessages", "tags": ["Memory"],
        "summary": "List messages, or watch them",
        "description": "Ascending by `sequence`. A client that calls itself `ark-memory-client/…` (`User-Agent`) and gives no limit gets all messages at once.",
        "parameters": [
          {"name": "conversation_id", "in": "query", "description": "Only messages of this conversation.", "schema": {"type": "string"}},
          {"name": "query_id", "in": "query", "description": "Only messages of the query with this name. A watch takes no notice of it.", "schema": {"type": "string"}},
          {"$ref": "#/components/parameters/Limit"},
          {"$ref": "#/components/parameters/Cursor"},
          {"$ref": "#/components/parameters/Watch"},
          {"$ref": "#/components/parameters/FromBeginning"},
          {"$ref": "#/components/parameters/LastEventID"}]
        """#,
      answers: #"""
        "200": {"description": "A page of messages; with `watch=true`, frames that each have one `MessageItem`.", "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/MessageList"}},
          "text/event-stream": {"schema": {"$ref": "#/components/schemas/MessageFrame"}}}}
        """#),
    APIOperation(
      .delete, "/messages", errors: [403, 503],
      about: #"""
        "operationId": "purgeMessages", "tags": ["Memory"],
        "summary": "Delete all messages, if the broker allows it"
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
    APIOperation(
      .delete, "/queries/{query}/messages", errors: [503],
      about: #"""
        "operationId": "deleteQueryMessages", "tags": ["Memory"],
        "summary": "Delete the messages of a query, in all conversations",
        "description": "Also answers 200 when there are none.",
        "parameters": [{"$ref": "#/components/parameters/QueryName"}]
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
    APIOperation(
      .get, "/memory-status", errors: [503],
      about: #"""
        "operationId": "getMemoryStatus", "tags": ["Memory"],
        "summary": "Count messages, all and by conversation"
        """#,
      answers: #"""
        "200": {"description": "The counts.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/MemoryStatus"}}}}
        """#),
  ]

  static let conversations: [APIOperation] = [
    APIOperation(
      .get, "/conversations", errors: [503],
      about: #"""
        "operationId": "listConversations", "tags": ["Memory"],
        "summary": "List the conversations that have messages",
        "description": "In the order of their first messages."
        """#,
      answers: #"""
        "200": {"description": "Their ids.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/ConversationList"}}}}
        """#),
    APIOperation(
      .post, "/conversations", errors: [400, 413, 415, 503],
      about: #"""
        "operationId": "createConversation", "tags": ["Memory"],
        "summary": "Get an id for a new conversation",
        "description": "Nothing is stored, and ids of your own do as well. A body is passed over."
        """#,
      answers: #"""
        "201": {"description": "A new id.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/NewConversation"}}}}
        """#),
    APIOperation(
      .delete, "/conversations", errors: [503],
      about: #"""
        "operationId": "deleteConversations", "tags": ["Memory"],
        "summary": "Delete the messages of all conversations",
        "description": "Sessions remain."
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
    APIOperation(
      .get, "/conversations/{conversation}", errors: [404, 503],
      about: #"""
        "operationId": "getConversation", "tags": ["Memory"],
        "summary": "Get all messages of a conversation",
        "parameters": [{"$ref": "#/components/parameters/ConversationID"}]
        """#,
      answers: #"""
        "200": {"description": "The messages, in the order in which they came.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Conversation"}}}}
        """#),
    APIOperation(
      .delete, "/conversations/{conversation}", errors: [503],
      about: #"""
        "operationId": "deleteConversation", "tags": ["Memory"],
        "summary": "Delete the messages of a conversation",
        "description": "Also answers 200 when there are none.",
        "parameters": [{"$ref": "#/components/parameters/ConversationID"}]
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
    APIOperation(
      .delete, "/conversations/{conversation}/queries/{query}/messages", errors: [503],
      about: #"""
        "operationId": "deleteConversationQueryMessages", "tags": ["Memory"],
        "summary": "Delete the messages of a query in one conversation",
        "description": "Also answers 200 when there are none.",
        "parameters": [
          {"$ref": "#/components/parameters/ConversationID"},
          {"$ref": "#/components/parameters/QueryName"}]
        """#,
      answers: #"""
        "200": {"$ref": "#/components/responses/Success"}
        """#),
  ]
}
