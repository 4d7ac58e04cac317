// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Programs to start from, shown in Documentation/Composition.md.
let templates: [Target] = [
  "Embedded", "OwnSource", "OwnSink", "OwnBatchSink", "OwnStore", "OwnFilter", "OwnService",
  "OwnProjection", "HTTPBroker", "OTLPForwarding",
].map { name in
  .executableTarget(
    name: name,
    dependencies: ["ArkBroker", "ArkHTTP", "ArkOTLP"]
      + (name == "OTLPForwarding" ? ["ArkFileStore", "ArkOTLPForward"] : []),
    path: "Examples/Templates/\(name)", swiftSettings: settings)
}

let package = Package(
  name: "ark-broker",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "ArkBroker", targets: ["ArkBroker"]),
    .library(name: "ArkFileStore", targets: ["ArkFileStore"]),
    .library(name: "ArkHTTP", targets: ["ArkHTTP"]),
    .library(name: "ArkAPI", targets: ["ArkAPI"]),
    .library(name: "ArkOTLP", targets: ["ArkOTLP"]),
    .library(name: "ArkOTLPForward", targets: ["ArkOTLPForward"]),
    .library(name: "ArkBrokerTesting", targets: ["ArkBrokerTesting"]),
    .executable(name: "ark-broker", targets: ["ark-broker"]),
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSystem"),

    .target(name: "ArkBroker", dependencies: ["CSystem"], swiftSettings: settings),
    .target(
      name: "ArkFileStore", dependencies: ["ArkBroker", "CSystem", "CZlib"],
      swiftSettings: settings),
    .target(
      name: "ArkHTTP", dependencies: ["ArkBroker", "CSystem", "CZlib"], swiftSettings: settings),
    .target(name: "ArkOTLP", dependencies: ["ArkBroker", "ArkHTTP"], swiftSettings: settings),
    .target(name: "ArkAPI", dependencies: ["ArkBroker", "ArkHTTP"], swiftSettings: settings),
    // The only module with Foundation in it: sending over TLS takes it.
    .target(
      name: "ArkOTLPForward", dependencies: ["ArkBroker", "ArkHTTP", "ArkOTLP", "CZlib"],
      swiftSettings: settings),
    .target(name: "ArkBrokerTesting", dependencies: ["ArkBroker"], swiftSettings: settings),

    .executableTarget(
      name: "ark-broker",
      dependencies: [
        "ArkAPI", "ArkBroker", "ArkFileStore", "ArkHTTP", "ArkOTLP", "CSystem", "CZlib",
      ],
      path: "Examples/ark-broker", exclude: ["deploy"], swiftSettings: settings),

    .executableTarget(
      name: "ark-benchmark",
      dependencies: ["ArkAPI", "ArkBroker", "ArkFileStore", "ArkHTTP", "ArkOTLP"],
      path: "Examples/Benchmarks",
      exclude: [
        "allocations.c", "ark.sh", "decode_peers.py", "durable.sh", "emitters.c", "fanout.c",
        "get.lua", "load.h", "make_export.py", "nginx.conf", "parse_and_discard.js", "post.lua",
        "report.lua", "run", "simdjson.cpp", "sqlite_append.py", "traces.c", "traces.sh",
      ],
      swiftSettings: settings),

    .testTarget(
      name: "ArkBrokerTests", dependencies: ["ArkBroker", "ArkBrokerTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "ArkFileStoreTests",
      dependencies: ["ArkBroker", "ArkBrokerTesting", "ArkFileStore", "CSystem"],
      swiftSettings: settings),
    .testTarget(
      name: "ArkHTTPTests", dependencies: ["ArkBroker", "ArkHTTP", "ArkBrokerTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "ArkAPITests",
      dependencies: ["ArkAPI", "ArkBroker", "ArkBrokerTesting", "ArkHTTP", "ArkOTLP"],
      swiftSettings: settings),
    .testTarget(
      name: "ArkOTLPTests", dependencies: ["ArkBroker", "ArkBrokerTesting", "ArkHTTP", "ArkOTLP"],
      swiftSettings: settings),
    .testTarget(
      name: "ArkOTLPForwardTests",
      dependencies: [
        "ArkBroker", "ArkBrokerTesting", "ArkHTTP", "ArkOTLP", "ArkOTLPForward", "CZlib",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReferenceBrokerTests", dependencies: ["ArkBroker", "ArkFileStore", "ark-broker"],
      swiftSettings: settings),
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "ArkBroker", "ArkBrokerTesting", "ArkHTTP", "ArkOTLP", "OwnFilter", "OwnStore",
        "ark-broker",
      ],
      swiftSettings: settings),
  ] + templates,
  swiftLanguageModes: [.v6]
)
