extension DocsPage {
  /// Builds the page of the document. Text of the document becomes text, never markup.
  static let script = #"""

    "use strict"
    const make = (name, attributes, ...children) => {
      const node = document.createElement(name)
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
      node.append(...children)
      return node
    }
    // Paragraphs, and code between backticks.
    const line = text => text.split("`").map((part, n) => n % 2 ? make("code", {}, part) : part)
    const prose = text => (text ?? "").split("\n\n").filter(Boolean)
      .map(part => make("p", {}, ...line(part)))
    const last = ref => ref.split("/").pop()
    const between = (nodes, text) => nodes.flatMap((node, n) => n ? [text, ...node] : node)

    const show = api => {
      const resolve = thing => thing?.$ref
        ? thing.$ref.slice(2).split("/").reduce((at, key) => at[key], api) : thing

      // What a schema allows, in a line.
      const type = schema => {
        if (schema.$ref) {
          const name = last(schema.$ref)
          return [make("a", { href: "#schema-" + name }, name)]
        }
        for (const key of ["oneOf", "anyOf"]) {
          if (schema[key]) return between(schema[key].map(type), " or ")
        }
        if (schema.allOf) return between(schema.allOf.map(type), " and ")
        if ("const" in schema) return [make("code", {}, JSON.stringify(schema.const))]
        if (schema.enum) {
          return between(schema.enum.map(v => [make("code", {}, JSON.stringify(v))]), " or ")
        }
        if (schema.contentSchema) return ["JSON text of ", ...type(schema.contentSchema)]
        if (schema.type === "array") {
          return schema.items ? ["list of ", ...type(schema.items)] : ["list"]
        }
        const facts = [[].concat(schema.type ?? (schema.properties ? "object" : "any JSON")).join(" or ")]
        if (schema.format) facts.push(schema.format)
        if (schema.minimum !== undefined && schema.maximum > 1e15) facts.push(`at least ${schema.minimum}`)
        else if (schema.maximum !== undefined) facts.push(`${schema.minimum} to ${schema.maximum}`)
        else if (schema.minimum !== undefined) facts.push(`at least ${schema.minimum}`)
        if (schema.minLength) facts.push("not empty")
        if (schema.default !== undefined) facts.push(`default ${schema.default}`)
        return [facts.join(", ")]
      }
      const table = (heads, rows) => make("div", { class: "table" }, make("table", {},
        make("thead", {}, make("tr", {}, ...heads.map(h => make("th", { scope: "col" }, h)))),
        make("tbody", {}, ...rows.map(cells => make("tr", {},
          ...cells.map(cell => make("td", {}, ...cell)))))))
      // An object's members, those of its parts and of nested objects too.
      const members = (schema, prefix = "") => {
        const parts = (schema.allOf ?? []).flatMap(part => members(resolve(part), prefix))
        const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [
          [[make("code", {}, prefix + name)], type(member),
            [(schema.required ?? []).includes(name) ? "yes" : "no"], prose(member.description)],
          ...(member.$ref ? [] : members(member, prefix + name + ".")),
          ...(member.items && !member.items.$ref ? members(member.items, prefix + name + "[].") : [])])
        return [...parts, ...own]
      }
      const schemaOf = schema => {
        const rows = members(schema)
        return [...prose(schema.description), ...(rows.length
          ? [table(["Member", "Type", "Required", ""], rows)] : [make("p", {}, ...type(schema))])]
      }
      const contentOf = content => Object.entries(content ?? {}).map(([media, { schema }]) =>
        make("p", {}, make("code", {}, media), ": ", ...(schema ? type(schema) : ["bytes"]),
          ...(schema?.description && !schema.$ref ? [" – ", ...line(schema.description)] : [])))

      const quoted = text => "'" + text.replaceAll("'", "'\\''") + "'"
      const curl = (method, path, operation) => {
        const words = ["curl"]
        const [media, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
        if (operation.responses["200"]?.content?.["text/event-stream"]) words.push("-N")
        if (method === "delete" || method === "post" && !media) words.push("-X", method.toUpperCase())
        // Between braces curl would look for alternatives.
        words.push(quoted(location.origin + path.replace(/\{(.*?)\}/g, (_, name) => name.toUpperCase())))
        if (media) {
          const example = body.example ?? resolve(body.schema)?.example ?? {}
          words.push("-H", quoted("Content-Type: " + media), "--data-binary",
            quoted(typeof example === "string" ? example : JSON.stringify(example)))
        }
        return words.join(" ")
      }

      const operationOf = (method, path, operation) => {
        const parameters = (operation.parameters ?? []).map(resolve)
        const parts = [...prose(operation.description)]
        if (parameters.length) {
          parts.push(make("h3", {}, "Parameters"), table(["Name", "In", "Type", ""],
            parameters.map(p => [[make("code", {}, p.name), p.required ? " (required)" : ""], [p.in],
              type(p.schema), prose(p.description)])))
        }
        if (operation.requestBody) {
          parts.push(make("h3", {}, "Body"), ...contentOf(operation.requestBody.content))
        }
        parts.push(make("h3", {}, "Answers"), table(["Status", "", "Body"],
          Object.entries(operation.responses).map(([status, answer]) => {
            const { description, content } = resolve(answer)
            return [[make("code", {}, status)], line(description), contentOf(content)]
          })))
        parts.push(make("h3", {}, "Try it"), make("pre", {}, curl(method, path, operation)))
        return make("details", { id: operation.operationId }, make("summary", {},
          make("span", { class: "method " + method }, method.toUpperCase()), " ",
          make("code", {}, path), " ", make("span", { class: "about" }, operation.summary)),
          make("div", {}, ...parts))
      }

      const routes = document.getElementById("routes")
      const groups = document.getElementById("groups")
      const section = (id, name, about, nodes) => {
        groups.append(make("a", { href: "#" + id }, name))
        routes.append(make("section", { "aria-labelledby": id },
          make("h2", { id }, name), ...prose(about), ...nodes))
      }
      document.getElementById("title").append(" " + api.info.version)
      document.getElementById("about").append(...prose(api.info.description))
      const all = Object.entries(api.paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({ method, path, operation })))
      for (const tag of api.tags) {
        const here = all.filter(({ operation }) => operation.tags.includes(tag.name))
        if (!here.length) continue
        section("tag-" + tag.name, tag.name, tag.description,
          here.map(({ method, path, operation }) => operationOf(method, path, operation)))
      }
      section("schemas", "Schemas", "", Object.entries(api.components.schemas).map(([name, schema]) =>
        make("details", { id: "schema-" + name }, make("summary", {}, make("code", {}, name)),
          make("div", {}, ...schemaOf(schema)))))
    }

    // What a link leads to is opened.
    const reveal = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
      if (target instanceof HTMLDetailsElement) {
        target.open = true
        target.scrollIntoView()
      }
    }
    const state = document.getElementById("state")
    state.textContent = "Reading the description …"
    fetch("/openapi.json").then(response => response.json()).then(api => {
      show(api)
      state.textContent = ""
      addEventListener("hashchange", reveal)
      reveal()
    }).catch(error => { state.textContent = "The description can't be shown: " + error.message })

    """#
}
