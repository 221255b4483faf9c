// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

// The library targets, lowest first: a target imports only targets that stand in earlier rows.
let layers: [(name: String, dependencies: [String])] = [
  ("Mail", []),
  ("Platform", ["COpenSSL", "CPlatform", "CZlib", "Mail"]),
  ("Protocols", ["Mail"]),
  ("Transport", ["COpenSSL", "Platform"]),
  ("Stores", ["Mail", "Platform"]),
  ("Journals", ["Mail", "Platform"]),
  ("Clients", ["Mail", "Platform", "Protocols", "Transport"]),
  ("Pipeline", ["Clients", "Journals", "Mail", "Platform", "Protocols", "Stores", "Transport"]),
  (
    "CommandLine",
    ["Clients", "Mail", "Pipeline", "Platform", "Protocols", "Stores", "Transport"]
  ),
]

func dependencies(_ names: [String]) -> [Target.Dependency] {
  names.map { .target(name: $0) }
}

let package = Package(
  name: "mailarc",
  products: [.executable(name: "mailarc", targets: ["mailarc"])],
  targets: [
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPlatform"),
  ]
    + layers.map {
      .target(
        name: $0.name, dependencies: dependencies($0.dependencies), swiftSettings: settings)
    } + [
      .executableTarget(
        name: "mailarc", dependencies: dependencies(["CommandLine"]), swiftSettings: settings),
      .target(
        name: "TestSupport",
        dependencies: dependencies(["CPlatform", "Mail", "Platform", "Protocols", "Transport"]),
        path: "Tests/TestSupport", swiftSettings: settings),
    ]
    + layers.map { layer in
      .testTarget(
        name: layer.name + "Tests",
        dependencies: dependencies([layer.name, "TestSupport"] + layer.dependencies),
        swiftSettings: settings)
    },
  swiftLanguageModes: [.v6]
)
