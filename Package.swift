// swift-tools-version: 6.3
import PackageDescription

// The house: C modules at the bottom, decisions in Core, C stops in Media, in one file of Cloud and
// in one of Engine (the sandbox), the local route in Engine, what is done with files here and in the cloud in Jobs,
// arguments and terminals in CLI. Simulator is the cloud service on loopback, for tests and for trying it without
// an account. Tests/CoreTests/ImportTableTests.swift
// holds the one-way imports that the compiler does not check by itself.
let package = Package(
    name: "cinch",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "cinch", targets: ["CLI"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.7.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CFFmpeg",
            pkgConfig: "libavformat libavcodec libavfilter libswscale libswresample libavutil",
            providers: [
                .apt([
                    "libavformat-dev", "libavcodec-dev", "libavfilter-dev", "libswscale-dev",
                    "libswresample-dev", "libavutil-dev",
                ]),
                .brew(["ffmpeg"]),
            ]
        ),
        .target(
            name: "Core",
            dependencies: [.product(name: "SystemPackage", package: "swift-system")]
        ),
        .target(
            name: "Media",
            dependencies: [
                "Core", "CFFmpeg", .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
        ),
        .target(
            name: "Cloud",
            dependencies: [
                "Core", "CCurl", .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["README.md"]
        ),
        .target(name: "CSandbox"),
        .target(
            name: "Engine",
            dependencies: [
                "Core", "Media", "CSandbox",
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .target(
            name: "Simulator",
            dependencies: [
                "Core", "Engine",
                .product(name: "FlyingSocks", package: "FlyingFox"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["README.md"]
        ),
        .target(
            name: "Jobs",
            dependencies: [
                "Core", "Cloud", "Engine", .product(name: "TOMLKit", package: "TOMLKit"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "Core", "Cloud", "Engine", "Jobs", "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Guide.md", "JSON.md"]
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "Core", "Media", .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/TestSupport"
        ),
        .testTarget(name: "CoreTests", dependencies: ["Core", "TestSupport"]),
        .testTarget(name: "MediaTests", dependencies: ["Media", "TestSupport"]),
        // Tries from within the sandbox what an attacker would.
        .executableTarget(
            name: "SandboxProbe",
            dependencies: ["Engine", .product(name: "SystemPackage", package: "swift-system")],
            path: "Tests/SandboxProbe"
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: ["Engine", "SandboxProbe", "TestSupport"]
        ),
        .testTarget(
            name: "CloudTests",
            dependencies: [
                "Core", "Cloud", "Simulator", "TestSupport",
                .product(name: "FlyingSocks", package: "FlyingFox"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Simulator", "TestSupport", .product(name: "FlyingSocks", package: "FlyingFox"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "JobsTests",
            dependencies: [
                "Core", "Cloud", "Engine", "Jobs", "Simulator", "TestSupport",
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "CLITests",
            dependencies: ["CLI", "Cloud", "Jobs", "Simulator", "TestSupport"]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings a `main` of its own, so its harness is built only where it is asked for (scripts/torture).
if Context.environment["CINCH_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Core", "Cloud", "Media", .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/Fuzz"
        )
    )
}

for target in package.targets
where target.name != "CSandbox" && [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .treatAllWarnings(as: .error),
    ]
    // Media is where C lives: marking every second line `unsafe` there would inform nobody.
    // Everywhere else the setting is a proof.
    if target.name != "Media" {
        target.swiftSettings?.append(.strictMemorySafety())
    }
}
