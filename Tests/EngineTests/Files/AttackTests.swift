import Core
import Foundation
import Media
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Engine

/// What a neighbour in a shared folder, an archive or a file could do to the user, tried.
///
/// The witness looks at the file system, never at what the run says.
@Suite struct AttackTests {
    private static let clip = Clip(frames: 25)

    /// The name that earlier versions gave the work folder of `out.mp4`: FNV-1a of the name.
    private static let foretold: String = {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "out.mp4".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return ".cinch-" + String(hash, radix: 16)
    }()

    /// Files of the user's, elsewhere.
    private func documents() throws -> Folder {
        let folder = try Folder()
        try folder.file("letter").write(Data("dear".utf8))
        try folder.file("lock").write(Data("key".utf8))
        return folder
    }

    private func expectUntouched(_ documents: Folder) throws {
        #expect(documents.names == ["letter", "lock"])
        #expect(try documents.file("letter").contents() == Data("dear".utf8))
        #expect(try documents.file("lock").contents() == Data("key".utf8))
    }

    @Test(
        "a link beside the clip, by any name, leads no run to the user's folder",
        arguments: [0, 0o1777]
    )
    func plantedLink(mode: Int) async throws {
        let run = try Run(Self.clip)
        let documents = try documents()
        if mode != 0 { #expect(unsafe chmod(run.folder.path.string, mode_t(mode)) == 0) }
        for name in [Self.foretold, ".cinch-0123456789abcdef", ".cinch-"] {
            try FileManager.default.createSymbolicLink(
                atPath: run.folder.file(name).string,
                withDestinationPath: documents.path.string
            )
            if mode != 0, getuid() == 0 {
                #expect(unsafe lchown(run.folder.file(name).string, 65534, 65534) == 0)
            }
        }
        _ = try await run.perform(run.request(to: 20_000))
        try expectUntouched(documents)
        #expect(run.output.byteCount <= 20_000)
    }

    @Test("a folder that waits with links in it is not worked in")
    func adoptedFolder() async throws {
        let run = try Run(Self.clip, tone: Tone(seconds: 1))
        let documents = try documents()
        let planted = run.folder.file(Self.foretold)
        try FileManager.default.createDirectory(
            atPath: planted.string,
            withIntermediateDirectories: false
        )
        #expect(unsafe chmod(planted.string, 0o777) == 0)
        if getuid() == 0 { #expect(unsafe chown(planted.string, 65534, 65534) == 0) }
        let names = ["picture", "sound", "frames", "pass.log", "pass.log.mbtree", "attempt-1.mp4"]
        for name in names {
            try FileManager.default.createSymbolicLink(
                atPath: planted.appending(name).string,
                withDestinationPath: documents.file("letter").string
            )
        }
        _ = try await run.perform(run.request(to: 30_000))
        try expectUntouched(documents)
        let left = try FileManager.default.contentsOfDirectory(atPath: planted.string)
        #expect(left.sorted() == names.sorted())
    }

    @Test("bytes that are exchanged while a file is checked are not published")
    func exchangedFile() async throws {
        let run = try Run(Self.clip)
        let folder = run.folder
        let exchanges = Locked(0)
        let result = await Result {
            try await run.perform(run.request(to: 20_000)) { event in
                guard case .progress(let progress) = event, progress.phase == .verifying else {
                    return
                }
                for work in folder.names where work.hasPrefix(".cinch-") {
                    for name in Folder.names(in: folder.file(work)) where name.hasSuffix(".mp4") {
                        let target = folder.file(work).appending(name).string
                        let evil = target + ".evil"
                        try? Data("evil".utf8).write(to: URL(fileURLWithPath: evil))
                        if unsafe rename(evil, target) == 0 { exchanges.withLock { $0 += 1 } }
                    }
                }
            }
        }
        #expect(exchanges.withLock { $0 } > 0)
        // Either the file that was checked, or none.
        if case .success(let report) = result {
            #expect(run.output.byteCount == report.bytes)
            #expect(try FFprobe.packets(run.output).count == 25)
        } else {
            #expect(run.folder.names == ["in.mp4"])
        }
    }

    @Test(
        "what a run has not published yet is the user's alone, and what it publishes is as open as any file"
    )
    func modes() async throws {
        let run = try Run(Self.clip)
        let folder = run.folder
        let open = Locked<Set<String>>([])
        let seen = Locked(0)
        _ = try await run.perform(run.request(to: 20_000)) { _ in
            for work in folder.names where work.hasPrefix(".cinch-") {
                let path = folder.file(work)
                for name in [""] + Folder.names(in: path) {
                    let file = name.isEmpty ? path : path.appending(name)
                    var facts = stat()
                    guard unsafe lstat(file.string, &facts) == 0 else { continue }
                    seen.withLock { $0 += 1 }
                    // x264 makes its own log, in a folder that is closed.
                    if facts.st_mode & 0o077 != 0, !name.hasPrefix("pass.log") {
                        open.withLock { _ = $0.insert("\(work)/\(name)") }
                    }
                }
            }
        }
        #expect(seen.withLock { $0 } > 0)
        #expect(open.withLock { $0 } == [])
        let usual = folder.file("usual")
        #expect(FileManager.default.createFile(atPath: usual.string, contents: nil))
        #expect(try mode(of: run.output) == mode(of: usual))
    }

    private func mode(of path: FilePath) throws -> mode_t {
        var facts = stat()
        try #require(unsafe lstat(path.string, &facts) == 0)
        return facts.st_mode & 0o777
    }

    // MARK: What killed runs left

    /// A record as a run leaves it that was killed, written by hand.
    private func record(
        _ folder: FilePath,
        of identity: FilePath,
        boot: String,
        in registry: FilePath
    ) throws {
        var facts = stat()
        try #require(unsafe lstat(identity.string, &facts) == 0)
        let text = """
            {"folder":"\(folder.string)","identity":{"device":\(facts.st_dev),"inode":\(facts.st_ino)},\
            "host":"elsewhere","boot":"\(boot)"}
            """
        try registry.appending("one.json").write(Data(text.utf8))
    }

    private func privateFolder(_ path: FilePath) throws {
        try FileManager.default.createDirectory(
            atPath: path.string,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    private var boot: String {
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines) ?? Machine.bootIdentifier
    }

    @Test("the folder of a killed run is swept, and no other one")
    func sweeps() throws {
        let (place, registry) = (try Folder(), try Folder())
        _ = unsafe chmod(registry.path.string, 0o700)
        for name in [".cinch-mine", ".cinch-other"] {
            try privateFolder(place.file(name))
            try place.file(name).appending("frames").write(Data(count: 10))
        }
        let mine = place.file(".cinch-mine")
        try record(mine, of: mine, boot: boot, in: registry.path)
        #expect(RunRegistry(path: registry.path).sweep(place.path) == [])
        #expect(place.names == [".cinch-other"])
        #expect(registry.names == [])
    }

    @Test("a link in the place of a killed run's folder is not followed")
    func sweptLink() throws {
        let (place, registry, documents) = (try Folder(), try Folder(), try documents())
        _ = unsafe chmod(registry.path.string, 0o700)
        let link = place.file(".cinch-mine")
        try FileManager.default.createSymbolicLink(
            atPath: link.string,
            withDestinationPath: documents.path.string
        )
        try record(link, of: documents.path, boot: boot, in: registry.path)
        _ = RunRegistry(path: registry.path).sweep(place.path)
        try expectUntouched(documents)
    }

    @Test("a folder that has taken the place of a killed run's is left alone")
    func sweptStranger() throws {
        let (place, registry) = (try Folder(), try Folder())
        _ = unsafe chmod(registry.path.string, 0o700)
        let stranger = place.file(".cinch-mine")
        try privateFolder(stranger)
        try stranger.appending("letter").write(Data("dear".utf8))
        try record(stranger, of: place.path, boot: boot, in: registry.path)
        _ = RunRegistry(path: registry.path).sweep(place.path)
        #expect(Folder.names(in: stranger) == ["letter"])
    }

    @Test("a folder whose run may go on at another host is told, and left alone")
    func otherHost() throws {
        let (place, registry) = (try Folder(), try Folder())
        _ = unsafe chmod(registry.path.string, 0o700)
        let folder = place.file(".cinch-theirs")
        try privateFolder(folder)
        try record(folder, of: folder, boot: "another", in: registry.path)
        let told = RunRegistry(path: registry.path).sweep(place.path)
        #expect(told.count == 1)
        #expect(told.first?.contains("elsewhere") == true)
        #expect(place.names == [".cinch-theirs"])
    }

    @Test("a run beside a live one does not touch its folder")
    func liveFolder() throws {
        let (place, registry) = (try Folder(), try Folder())
        _ = unsafe chmod(registry.path.string, 0o700)
        let records = RunRegistry(path: registry.path)
        let one = try Workspace(beside: place.file("a.mp4"), registry: records)
        defer { one.remove() }
        try one.file("frames").write(Data(count: 10))
        let other = try Workspace(beside: place.file("b.mp4"), registry: records)
        other.remove()
        #expect(Folder.names(in: one.location.path) == ["frames"])
        one.remove()
        #expect(place.names == [])
        #expect(registry.names == [])
    }

    @Test("a run works where no state can be kept")
    func withoutState() throws {
        let place = try Folder()
        let records = RunRegistry(path: "/proc/nowhere")
        let workspace = try Workspace(beside: place.file("a.mp4"), registry: records)
        #expect(place.names.count == 1)
        workspace.remove()
        #expect(place.names == [])
    }

    // MARK: The sandbox

    @Test("who has got hold of the decoder gets no file, no network, no process and no program")
    func sandbox() throws {
        guard Sandbox.available.files, Sandbox.available.calls else { return }
        let (place, documents) = (try Folder(), try documents())
        let input = place.file("clip.mp4")
        try input.write(Data(count: 10))
        let work = place.file("work")
        try privateFolder(work)
        let process = Process()
        let output = Pipe()
        process.executableURL = Self.probe
        process.arguments = [input.string, work.string, documents.file("letter").string]
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: try output.fileHandleForReading.readToEnd() ?? Data(),
            as: UTF8.self
        )
        process.waitUntilExit()
        var results: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { results[String(words[0])] = Int(words[1]) }
        }
        let needed: Set = [
            "in-force", "read-input", "make-in-work-folder", "rename-in-work-folder",
            "remove-in-work-folder", "thread",
        ]
        #expect(results.filter { $0.value == 0 }.keys.sorted() == needed.sorted())
        #expect(results.count >= needed.count + 15)
        #expect(process.terminationReason == .exit)
        try expectUntouched(documents)
        #expect(Folder.names(in: work) == [])
    }

    /// The program beside the test bundle, whatever build folder that is in.
    private static var probe: URL {
        for argument in CommandLine.arguments where argument.hasPrefix("/") {
            var folder = URL(fileURLWithPath: argument)
            for _ in 0..<5 {
                folder.deleteLastPathComponent()
                let program = folder.appendingPathComponent("SandboxProbe")
                if FileManager.default.isExecutableFile(atPath: program.path) { return program }
            }
        }
        return URL(fileURLWithPath: "SandboxProbe")
    }
}
