// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "ark-broker",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "ArkBroker", targets: ["ArkBroker"]),
    .library(name: "ArkHTTP", targets: ["ArkHTTP"]),
    .library(name: "ArkOTLP", targets: ["ArkOTLP"]),
    .library(name: "ArkBrokerTesting", targets: ["ArkBrokerTesting"]),
    .executable(name: "ark-broker", targets: ["ark-broker"]),
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSystem"),

    .target(name: "ArkBroker", swiftSettings: settings),
    .target(
      name: "ArkHTTP", dependencies: ["ArkBroker", "CSystem", "CZlib"], swiftSettings: settings),
    .target(name: "ArkOTLP", dependencies: ["ArkBroker", "ArkHTTP"], swiftSettings: settings),
    .target(name: "ArkBrokerTesting", dependencies: ["ArkBroker"], swiftSettings: settings),

    .executableTarget(
      name: "ark-broker", dependencies: ["ArkBroker", "ArkHTTP", "ArkOTLP"],
      path: "Examples/ark-broker", swiftSettings: settings),

    .executableTarget(
      name: "ark-benchmark", dependencies: ["ArkBroker", "ArkHTTP", "ArkOTLP"],
      path: "Examples/Benchmarks", exclude: ["fanout.c"], swiftSettings: settings),

    .testTarget(
      name: "ArkBrokerTests", dependencies: ["ArkBroker", "ArkBrokerTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "ArkHTTPTests", dependencies: ["ArkBroker", "ArkHTTP", "ArkBrokerTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "ArkOTLPTests", dependencies: ["ArkBroker", "ArkHTTP", "ArkOTLP"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
