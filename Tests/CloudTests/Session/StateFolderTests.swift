import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

@Suite struct StateFolderTests {
    private func state(_ folder: Folder) -> StateFolder {
        StateFolder(environment: ["CINCH_STATE_DIR": folder.file("state").string])
    }

    private func mode(_ path: FilePath) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }

    @Test("folders follow the environment")
    func places() {
        let plain = StateFolder(environment: ["HOME": "/home/a"])
        #expect(plain.sharedPath == "/home/a/.config/nemovideo")
        #expect(plain.clientIDFile.path == "/home/a/.config/nemovideo/client_id")
        let xdg = StateFolder(
            environment: ["XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c"],
            home: "/h"
        )
        #expect(xdg.path == "/s/cinch")
        #expect(xdg.sharedPath == "/c/nemovideo")
        let relative = StateFolder(environment: ["XDG_CONFIG_HOME": "c"], home: "/h")
        #expect(relative.sharedPath == "/h/.config/nemovideo")
    }

    @Test("what is written is read back, in files and folders for the owner alone")
    func writesAndReads() throws {
        let folder = try Folder()
        let state = state(folder)
        let file = state.file("one", in: "jobs")
        try state.write([1, 2, 3], to: file)
        try state.write([4], to: file)
        #expect(state.read(file) == [4])
        #expect(state.names(in: "jobs") == ["one"])
        #expect(try mode(file.path) == 0o600)
        #expect(try mode(state.path) == 0o700)
        #expect(try mode(state.file("jobs").path) == 0o700)
        state.remove(file)
        #expect(state.read(file) == nil)
        #expect(folder.names == ["state"])
    }

    @Test("a link, a pipe, a folder or too many bytes in a file's place count as nothing")
    func hostileFiles() throws {
        let folder = try Folder()
        let state = state(folder)
        let outside = folder.file("outside")
        try outside.write(Data("secret".utf8))
        try state.write([0], to: state.file("long"))
        try FileManager.default.createSymbolicLink(
            atPath: state.file("link").path.string,
            withDestinationPath: outside.string
        )
        #expect(unsafe mkfifo(state.file("pipe").path.string, 0o600) == 0)
        try FileManager.default.createDirectory(
            atPath: state.file("folder").path.string,
            withIntermediateDirectories: false
        )
        #expect(state.read(state.file("link")) == nil)
        #expect(state.read(state.file("pipe")) == nil)
        #expect(state.read(state.file("folder")) == nil)
        #expect(state.read(state.file("long"), limit: 0) == nil)
        // Writing replaces the link and leaves what it led to alone.
        try state.write([9], to: state.file("link"))
        #expect(state.read(state.file("link")) == [9])
        #expect(try outside.contents() == Data("secret".utf8))
    }

    @Test("a folder below ours that is a link is neither read nor written")
    func hostileFolder() throws {
        let folder = try Folder()
        let state = state(folder)
        try state.write([1], to: state.file("x"))
        let outside = folder.file("outside")
        try FileManager.default.createDirectory(
            atPath: outside.string,
            withIntermediateDirectories: false
        )
        try outside.appending("job").write(Data([7]))
        try FileManager.default.createSymbolicLink(
            atPath: state.file("jobs").path.string,
            withDestinationPath: outside.string
        )
        #expect(state.names(in: "jobs").isEmpty)
        #expect(state.read(state.file("job", in: "jobs")) == nil)
        #expect(throws: CloudError.self) { try state.write([1], to: state.file("new", in: "jobs")) }
        state.remove(state.file("job", in: "jobs"))
        #expect(outside.appending("job").exists)
        #expect(!outside.appending("new").exists)
    }

    @Test("a folder that cannot be made is an error with its name, not a crash")
    func cannotBeMade() throws {
        let folder = try Folder()
        try folder.file("state").write(Data())
        let state = state(folder)
        let error = #expect(throws: CloudError.self) { try state.write([1], to: state.file("x")) }
        #expect(error?.kind == .storage)
        #expect(error?.failure.kind == .storage)
    }

    @Test("writers at once never leave a mixed or half file")
    func writersAtOnce() async throws {
        let folder = try Folder()
        let state = state(folder)
        let file = state.file("shared")
        let size = 50_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in UInt8(1)...4 {
                group.addTask {
                    for _ in 0..<20 {
                        try state.write([UInt8](repeating: writer, count: size), to: file)
                        let bytes = try #require(state.read(file))
                        #expect(bytes.count == size)
                        #expect(Set(bytes).count == 1)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: state.path.string) == ["shared"]
        )
    }

    @Test("a lock lets one in at a time, and who waits in vain is told that another run is at work")
    func locks() async throws {
        let folder = try Folder()
        let state = state(folder)
        do {
            let first = try await StateLock("a", in: state)
            let other = try await StateLock("b", in: state)
            await #expect(throws: CloudError(.busy, .sending)) {
                _ = try await StateLock(
                    "a",
                    in: state,
                    patience: .milliseconds(20),
                    step: .sending,
                    onWait: { Issue.record("that was a matter of moments") }
                )
            }
            _ = consume first
            _ = consume other
        }
        _ = try await StateLock("a", in: state, patience: .milliseconds(20))
    }

    @Test("a lock and what is written hold between processes")
    func processes() async throws {
        let folder = try Folder()
        let state = state(folder)
        let held = try await StateLock("a", in: state)
        let path = folder.file("state").string
        await #expect(processExitsWith: .success) { [path = path as String] in
            let state = StateFolder(environment: ["CINCH_STATE_DIR": path])
            await #expect(throws: CloudError.self) {
                _ = try await StateLock("a", in: state, patience: .milliseconds(20))
            }
            let identity = Identity(folder: state, environment: [:], api: "https://a")
            try state.write(Array(try identity.clientID().utf8), to: state.file("seen"))
        }
        let identity = Identity(folder: state, environment: [:], api: "https://a")
        #expect(try state.read(state.file("seen")) == Array(identity.clientID().utf8))
        held.release()
    }

    @Test("ids from outside become harmless file names")
    func fileNames() {
        #expect(StateFolder.fileName(for: "5529798706024415232") == "5529798706024415232")
        for id in [
            "../../etc/passwd", "", "a/b", ".hidden", String(repeating: "x", count: 99), "é",
        ] {
            let name = StateFolder.fileName(for: id)
            #expect(name.hasPrefix("id-"))
            #expect(!name.contains("/") && !name.contains("."))
        }
        #expect(StateFolder.fileName(for: "a/b") != StateFolder.fileName(for: "a/c"))
    }

    @Test("consent is asked for once a subject and host, kept, and withdrawn")
    func consent() async throws {
        let folder = try Folder()
        let state = state(folder)
        let asked = Asked()
        func consent(
            _ host: String,
            offline: Bool = false,
            says: Consent.Answer = .always
        ) -> Consent {
            Consent(folder: state, host: host, isOffline: offline) {
                await asked.note($0)
                return says
            }
        }
        await #expect(throws: CloudError(.consentMissing(.network), .connecting)) {
            try await consent("a", says: .no).require(.network, for: .connecting)
        }
        try await consent("a", says: .once).require(.network, for: .connecting)
        #expect(!consent("a").isGiven(.network))
        try await consent("a").require(.network, for: .connecting)
        try await consent("a", says: .no).require(.network, for: .connecting)
        #expect(await asked.questions.count == 3)
        await #expect(throws: CloudError(.consentMissing(.network), .connecting)) {
            try await consent("b", says: .no).require(.network, for: .connecting)
        }
        await #expect(throws: CloudError(.offlineMode, .connecting)) {
            try await consent("a", offline: true).require(.network, for: .connecting)
        }
        try await consent("a").require(.upload, files: [("x.mp4", 5_000_000)], for: .connecting)
        let text = try #require(await asked.questions.last?.text)
        #expect(text.contains("x.mp4 (5 MB)") && text.contains(" a,"))
        consent("a").withdraw()
        #expect(!consent("a").isGiven(.network))
        try state.write([0xFF, 0x7B], to: state.file("consent.json"))
        #expect(!consent("a").isGiven(.network))
    }

    private actor Asked {
        var questions: [Consent.Question] = []
        func note(_ question: Consent.Question) { questions.append(question) }
    }
}
