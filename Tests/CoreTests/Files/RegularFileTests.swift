import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Files of state and settings, against those who put something else in their places.
@Suite(.timeLimit(.minutes(1))) struct RegularFileTests {
    private let scene: Folder
    private let file: FilePath

    init() throws {
        scene = try Folder()
        file = scene.file("file")
    }

    private static let uses: [RegularFile.Use] = [.reading, .readingOwn, .adding, .locking]

    @Test("a pipe that nothing writes into is refused at once", arguments: uses)
    func refusesPipes(_ use: RegularFile.Use) throws {
        try #require(unsafe mkfifo(file.string, 0o600) == 0)
        let start = ContinuousClock.now
        #expect(throws: FileRefusal.kind(.fifo)) { _ = try RegularFile(file, for: use) }
        #expect(start.duration(to: .now) < .seconds(1))
    }

    @Test("folders, devices and sockets are refused by name", arguments: uses)
    func refusesOtherKinds(_ use: RegularFile.Use) throws {
        #expect(throws: FileRefusal.kind(.directory)) { _ = try RegularFile(scene.path, for: use) }
        #expect(throws: FileRefusal.kind(.characterSpecial)) {
            _ = try RegularFile("/dev/zero", for: use)
        }
        #expect(FileRefusal.kind(.directory).words == "it is a folder")
        #expect(FileRefusal.kind(.characterSpecial).words == "it is a device")
        #expect(FileRefusal.kind(.fifo).words == "it is a pipe")
    }

    @Test("a link is followed where a person named it, and nowhere else", arguments: uses)
    func followsNamedLinksAlone(_ use: RegularFile.Use) throws {
        let target = scene.file("target")
        try target.write(Data("text".utf8))
        try link(file, to: target)
        if use == .reading {
            #expect(try RegularFile(file, for: use).bytes(atMost: 10) == Array("text".utf8))
        } else {
            let refusal = #expect(throws: FileRefusal.self) { _ = try RegularFile(file, for: use) }
            #expect(refusal?.words == "it is a link")
        }
        #expect(try target.contents() == Data("text".utf8))
    }

    @Test("nothing is made through a link that leads nowhere", arguments: uses)
    func makesNothingThroughLinks(_ use: RegularFile.Use) throws {
        try link(file, to: scene.file("made through it"))
        #expect(throws: FileRefusal.self) { _ = try RegularFile(file, for: use) }
        #expect(scene.names == ["file"])
    }

    @Test("what is made is for this user alone, and what is added stands at the end")
    func addsForTheUserAlone() throws {
        for text in ["one", "two"] {
            let added = try RegularFile(file, for: .adding)
            _ = try added.descriptor.writeAll(Array(text.utf8))
        }
        #expect(try file.contents() == Data("onetwo".utf8))
        #expect(try file.stat().permissions == .ownerReadWrite)
        _ = try RegularFile(scene.file("lock"), for: .locking)
        #expect(try scene.file("lock").stat().permissions == .ownerReadWrite)
    }

    @Test("a file is read up to its limit, and refused beyond it", arguments: [0, 1, 99, 100, 101])
    func boundsItsSize(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8($0) }
        try file.write(Data(bytes))
        if count <= 100 {
            #expect(try RegularFile.contents(of: file, mostBytes: 100) == bytes)
        } else {
            #expect(throws: FileRefusal.tooLarge(mostBytes: 100)) {
                try RegularFile.contents(of: file, mostBytes: 100)
            }
        }
    }

    @Test("parts of a file are those at their places")
    func readsParts() throws {
        // More than a chunk of reading.
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
        try file.write(Data(bytes))
        let read = try RegularFile(file, for: .reading)
        #expect(try read.bytes(from: 130_000, atMost: 69_000) == Array(bytes[130_000..<199_000]))
        #expect(try read.bytes(from: 199_990, atMost: 100) == Array(bytes[199_990...]))
        #expect(try read.bytes(from: 200_001, atMost: 100) == [])
        #expect(try read.bytes(atMost: 0) == [])
    }

    @Test("a file is replaced whole and for this user alone, and nothing is left beside it")
    func replaces() throws {
        try file.write(Data("old and long".utf8))
        try #require(unsafe chmod(file.string, 0o666) == 0)
        let before = try file.stat().inode
        try RegularFile.replace(file, with: Array("new".utf8))
        #expect(try file.contents() == Data("new".utf8))
        #expect(try file.stat().permissions == .ownerReadWrite)
        #expect(try file.stat().inode != before)
        #expect(scene.names == ["file"])
    }

    @Test("a link is replaced itself, and what it leads to is left as it was")
    func replacesLinks() throws {
        let target = scene.file("target")
        try target.write(Data("kept".utf8))
        try link(file, to: target)
        try RegularFile.replace(file, with: Array("new".utf8))
        #expect(try target.contents() == Data("kept".utf8))
        #expect(try file.stat(followTargetSymlink: false).type == .regular)
        #expect(scene.names == ["file", "target"])
    }

    @Test("what cannot be replaced leaves nothing behind")
    func leavesNothing() throws {
        let folder = scene.file("folder")
        try FileManager.default.createDirectory(
            atPath: folder.string,
            withIntermediateDirectories: false
        )
        #expect(throws: Errno.isDirectory) { try RegularFile.replace(folder, with: [1]) }
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try RegularFile.replace(scene.file("none/file"), with: [1])
        }
        #expect(throws: Errno.invalidArgument) { try RegularFile.replace("/", with: [1]) }
        #expect(scene.names == ["folder"])
    }

    private func link(_ path: FilePath, to destination: FilePath) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path.string,
            withDestinationPath: destination.string
        )
    }
}
