import ArkBroker
import ArkHTTP

/// A page that shows `/openapi.json` to people: one document, without anything from elsewhere.
enum DocsPage {
  static let response = HTTPResponse(
    headers: [
      "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache",
      "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    ], body: .bytes(Array(text.utf8)))

  /// This style, this script and the document: nothing else is loaded or run, whatever the document says.
  private static let policy = """
    default-src 'none'; style-src '\(hash(of: style))'; script-src '\(hash(of: script))'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    """

  /// A hash source of the Content Security Policy, level 3, section 2.3.1.
  private static func hash(of text: String) -> String {
    var source = ByteWriter(capacity: 64)
    source.append("sha256-")
    Array(text.utf8).withUnsafeBytes { text in
      SHA256.withDigest(SHA256.hash(text)) { source.append(base64: $0) }
    }
    return String(decoding: source.bytes, as: UTF8.self)
  }

  static let text = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>ARK Broker API</title>
    <style>\(style)</style>
    </head>
    <body>
    <a class="skip" href="#routes">Skip to the routes</a>
    <header>
    <h1 id="title">ARK Broker API</h1>
    <p>Described by <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1), which tools can read.</p>
    <noscript><p>This page shows that document with a script, which does not run here.</p></noscript>
    <div id="about"></div>
    </header>
    <nav aria-label="Groups of routes" id="groups"></nav>
    <main id="routes" tabindex="-1"><p id="state" role="status"></p></main>
    <script>\(script)</script>
    </body>
    </html>

    """

  private static let style = """

    :root { color-scheme: light dark; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --back: #fff;
      --box: #f6f8fa; --link: #0757ba; --get: #0a5f2c; --post: #0757ba; --delete: #b3191f }
    @media (prefers-color-scheme: dark) {
      :root { --text: #e6edf3; --soft: #9da7b1; --line: #3d444d; --back: #0d1117; --box: #161b22;
        --link: #79b8ff; --get: #56d364; --post: #79b8ff; --delete: #ff8f88 } }
    * { box-sizing: border-box }
    body { margin: 0 auto; max-width: 60rem; padding: 1rem 1.25rem 4rem; background: var(--back);
      color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
    a { color: var(--link) }
    a:focus-visible, summary:focus-visible, input:focus-visible { outline: 3px solid var(--link);
      outline-offset: 2px }
    .skip { position: absolute; left: -100vw } .skip:focus { left: 1rem }
    h1 { margin: .5rem 0; font-size: 1.75rem } h2 { margin: 2rem 0 .25rem; font-size: 1.3rem }
    h3 { margin: 1rem 0 .25rem; font-size: 1rem }
    code, pre { font: .9em/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
    pre { padding: .6rem .8rem; background: var(--box); border: 1px solid var(--line);
      border-radius: 6px; white-space: pre-wrap }
    nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .5rem 0;
      border-bottom: 1px solid var(--line) }
    details { margin: .4rem 0; border: 1px solid var(--line); border-radius: 6px }
    details > div { padding: 0 .8rem .6rem; border-top: 1px solid var(--line) }
    summary { padding: .45rem .8rem; cursor: pointer }
    summary .about { color: var(--soft) }
    .method { display: inline-block; min-width: 4rem; font-weight: 700 }
    .get { color: var(--get) } .post { color: var(--post) } .delete { color: var(--delete) }
    .table { overflow-x: auto }
    table { border-collapse: collapse; width: 100% }
    th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: left;
      vertical-align: top }
    th { color: var(--soft); font-weight: 600 }
    td p { margin: 0 }

    """
}
