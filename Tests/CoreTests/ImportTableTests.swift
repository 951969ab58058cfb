import Foundation
import Testing

/// The one-way imports that the compiler does not check by itself: who may know whom.
@Suite struct ImportTableTests {
    static let table: [String: Set<String>] = [
        "Core": ["SystemPackage", "Synchronization", "Glibc", "Darwin", "Musl"],
        "Media": ["Core", "CFFmpeg", "SystemPackage", "Synchronization"],
        "Cloud": ["Core", "CCurl", "Foundation", "Synchronization", "SystemPackage"],
        "Simulator": [
            "Core", "Engine", "FlyingSocks", "Foundation", "Synchronization", "SystemPackage",
        ],
        "Engine": ["Core", "Media", "CSandbox", "Foundation", "Synchronization", "SystemPackage"],
        "Jobs": [
            "Core", "Cloud", "Engine", "Dispatch", "Foundation", "Synchronization", "SystemPackage",
            "TOMLKit",
        ],
        "CLI": [
            "Core", "Cloud", "Engine", "Jobs", "Simulator", "ArgumentParser", "SystemPackage",
            "Foundation", "Dispatch", "Synchronization",
        ],
    ]

    /// The longest that a source file may be.
    static let mostLines = 400

    static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")

    /// Every Swift file under Sources, as `Core/Plan/Plan.swift`.
    static let files: [String] =
        (try? FileManager.default.subpathsOfDirectory(atPath: sources.path))?
        .filter { $0.hasSuffix(".swift") }.sorted() ?? []

    @Test("the table names every module that has Swift files")
    func everyModuleIsInTheTable() {
        let modules = Set(Self.files.compactMap { $0.split(separator: "/").first.map(String.init) })
        #expect(!modules.isEmpty)
        #expect(modules.isSubset(of: Self.table.keys))
    }

    @Test("a module imports only what the table allows", arguments: files)
    func importsAreAllowed(_ file: String) throws {
        let module = try #require(file.split(separator: "/").first.map(String.init))
        let allowed = try #require(Self.table[module])
        let forbidden = imports(of: try text(of: file)).subtracting(allowed)
        #expect(forbidden.isEmpty, "\(file) imports \(forbidden.sorted())")
    }

    @Test("no source file is longer than 400 lines", arguments: files)
    func filesAreShort(_ file: String) throws {
        let lines = try text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count - 1 <= Self.mostLines)
    }

    @Test(
        "jobs are told of in events: nothing of them is printed",
        arguments: files.filter { $0.hasPrefix("Jobs/") }
    )
    func jobsPrintNothing(_ file: String) throws {
        let text = try text(of: file)
        for word in ["print(", "standardOutput", "standardError", "STDOUT", "STDERR", "isatty"] {
            #expect(!text.contains(word), "\(file) has \(word)")
        }
    }

    @Test("no folder of sources has more than 16 files")
    func foldersAreSmall() {
        var counts: [Substring: Int] = [:]
        for file in Self.files {
            counts[file.prefix(upTo: file.lastIndex(of: "/") ?? file.startIndex), default: 0] += 1
        }
        #expect(counts.filter { $0.value > 16 } == [:])
    }

    @Test("the reader of imports sees every way to write one")
    func readerSeesEveryForm() {
        let text = """
            import A
            package import B
            @preconcurrency import C
              internal  import D // why
            import struct E.Thing
            @testable @_spi(X) public import F.Sub
            // import G
            let important = "import H"
            """
        #expect(imports(of: text) == ["A", "B", "C", "D", "E", "F"])
    }

    private func text(of file: String) throws -> String {
        try String(contentsOf: Self.sources.appendingPathComponent(file), encoding: .utf8)
    }

    private func imports(of text: String) -> Set<String> {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
        let levels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        var found: Set<String> = []
        for line in text.split(separator: "\n") {
            var words = line.split(separator: " ")[...]
            while let word = words.first, word.hasPrefix("@") || levels.contains(word) {
                words.removeFirst()
            }
            guard words.popFirst() == "import" else { continue }
            if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
            if let name = words.first?.split(separator: ".").first { found.insert(String(name)) }
        }
        return found
    }
}
