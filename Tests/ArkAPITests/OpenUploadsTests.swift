import ArkBrokerTesting
import Testing

@testable import ArkAPI

@Suite struct OpenUploadsTests {
  @Test func withoutAnUploadThereIsNothingToWaitFor() async {
    await OpenUploads().drained("q", within: .seconds(3600))
  }

  @Test func waitsForTheLastUploadOfTheQuery() async throws {
    let uploads = OpenUploads()
    uploads.begin("q")
    uploads.begin("q")
    uploads.begin("other")
    let waiting = Task { await uploads.drained("q", within: .seconds(3600)) }
    try await eventually("somebody waits") { uploads.waiterCount == 1 }
    uploads.end("q")
    #expect(uploads.waiterCount == 1)
    uploads.end("q")
    await waiting.value
    #expect(uploads.waiterCount == 0)
  }

  @Test func doesNotWaitForEver() async {
    let uploads = OpenUploads()
    uploads.begin("q")
    await uploads.drained("q", within: .zero)
    #expect(uploads.waiterCount == 0)
  }
}
