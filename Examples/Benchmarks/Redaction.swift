import ArkBroker

/// One core redacting spans of model calls: finding that there is nothing to take out, and dropping the prompt. Beside reading the same payloads as JSON.
enum Redaction {
  static func run() throws {
    let nothing = Redact(attributes: "gen_ai.output.messages", "enduser.id", "http.request.*")
      .and(Redact(attributes: "user.*", by: .masking))
      .and(.truncating(valuesOver: 1 << 20))
    let prompts: [(name: String, part: String, count: Int)] = [
      ("prose", #"You are a helpful agent.\nSay \"yes\", then go on with it. "#, 280),
      (
        "messages",
        #"{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Hello, what is it?\"}]},"#,
        180
      ),
      ("chinese", "你是一个乐于助人的助手。请先回答问题，然后继续。", 240),
      ("none", "", 0),
    ]
    for (name, part, count) in prompts {
      let prompt = String(repeating: part, count: count)
      let batch = EventBatch(try (0..<64).map { try span($0, prompt: prompt) })
      let bytes = batch.reduce(0) { $0 + $1.withPayload(\.count) }
      let finding = measure(bytes) {
        precondition(nothing.apply(to: batch).storage.identity == batch.storage.identity)
      }
      let dropping = measure(bytes) {
        precondition(
          Redact(attributes: "gen_ai.input.messages").apply(to: batch).storage.identity
            != batch.storage.identity)
      }
      let reading = measure(bytes) {
        for event in batch {
          event.withPayload { precondition((try? JSONReader.validate($0)) != nil) }
        }
      }
      print(
        "redact prompt=\(name) bytes_a_span=\(bytes / 64) finding=\(Int(finding)) dropping=\(Int(dropping)) reading=\(Int(reading))"
      )
    }
  }

  /// About 1,600 bytes and the prompt.
  private static func span(_ number: Int, prompt: String) throws -> Event {
    func attribute(_ name: String, _ value: String) -> String {
      #"{"key":"\#(name)","value":{\#(value)}}"#
    }
    let attributes = [
      attribute("gen_ai.operation.name", #""stringValue":"chat""#),
      attribute("gen_ai.provider.name", #""stringValue":"openai""#),
      attribute("gen_ai.request.model", #""stringValue":"gpt-4o-mini""#),
      attribute("gen_ai.request.temperature", #""doubleValue":0.5"#),
      attribute("gen_ai.input.messages", #""stringValue":"\#(prompt)""#),
      attribute("gen_ai.usage.input_tokens", #""intValue":"1234""#),
      attribute("gen_ai.usage.output_tokens", #""intValue":"56""#),
      attribute("gen_ai.response.id", #""stringValue":"chatcmpl-\#(number)""#),
      attribute("server.address", #""stringValue":"api.example.com""#),
      attribute("server.port", #""intValue":"443""#),
      attribute("session.id", #""stringValue":"s-1""#),
    ]
    let resource = [
      attribute("service.name", #""stringValue":"weather-agent""#),
      attribute("telemetry.sdk.language", #""stringValue":"python""#),
      attribute("telemetry.sdk.version", #""stringValue":"1.38.0""#),
      attribute("k8s.pod.name", #""stringValue":"weather-agent-7d9f8c6b5-x2x9z""#),
      attribute("k8s.namespace.name", #""stringValue":"default""#),
    ]
    return Event(
      .llmSpan, id: "\(number)",
      payload: try .json(
        #"{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"chat gpt-4o-mini","kind":3,"startTimeUnixNano":"1795503600000000000","endTimeUnixNano":"1795503601000000000","attributes":[\#(attributes.joined(separator: ","))],"status":{"code":1},"flags":257,"resource":{"attributes":[\#(resource.joined(separator: ","))]},"scope":{"name":"opentelemetry.instrumentation.openai_v2","version":"2.1b0"}}"#
      ))
  }

  /// Megabytes a second of processor time, the median run.
  private static func measure(_ bytes: Int, _ body: () -> Void) -> Double {
    let rounds = max(1, 20_000_000 / bytes)
    var times: [Double] = []
    for _ in 0..<15 {
      let start = Benchmark.processorTime()
      for _ in 0..<rounds { body() }
      times.append(Benchmark.processorTime() - start)
    }
    return Double(bytes * rounds) / times.sorted()[times.count / 2] / 1e6
  }
}
