import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A folder that is held by descriptor, against those who plant links and change names under it.
@Suite struct PrivateFolderTests {
    private let scene: Folder

    init() throws { scene = try Folder() }

    // MARK: Making

    @Test("a folder that is made is this user's alone, and no two have the same name")
    func makesClosedFolders() throws {
        let first = try PrivateFolder.makeUnique(in: scene.path, prefix: ".work-")
        let second = try PrivateFolder.makeUnique(in: scene.path, prefix: ".work-")
        #expect(first.path != second.path)
        #expect(scene.names.count == 2)
        for name in scene.names {
            #expect(name.hasPrefix(".work-") && name.utf8.count == ".work-".utf8.count + 16)
            let facts = try scene.file(name).stat(followTargetSymlink: false)
            #expect(facts.type == .directory)
            #expect(facts.permissions == .ownerReadWriteExecute)
        }
    }

    @Test("a folder is made in one whose names may not be listed")
    func makesInDropBoxes() throws {
        try #require(unsafe chmod(scene.path.string, 0o300) == 0)
        defer { _ = unsafe chmod(scene.path.string, 0o700) }
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        #expect(folder.path.removingLastComponent() == scene.path)
    }

    @Test("a file that is made is this user's alone, and none that is there is taken for it")
    func makesFiles() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        let elsewhere = scene.file("elsewhere")
        try elsewhere.write(Data("kept".utf8))
        let file = try folder.makeFile("result")
        try file.closeAfter { _ = try file.writeAll(Array("whole".utf8)) }
        let path = folder.path.appending("result")
        #expect(try path.stat(followTargetSymlink: false).permissions == .ownerReadWrite)
        #expect(try path.contents() == Data("whole".utf8))
        #expect(throws: Errno.fileExists) { try folder.makeFile("result") }
        try link(folder.path.appending("led"), to: elsewhere)
        try link(folder.path.appending("nowhere"), to: scene.file("made through it"))
        #expect(throws: Errno.fileExists) { try folder.makeFile("led") }
        #expect(throws: Errno.fileExists) { try folder.makeFile("nowhere") }
        #expect(try elsewhere.contents() == Data("kept".utf8))
        #expect(!scene.file("made through it").exists)
    }

    @Test(
        "a name that leads out of the folder is none",
        arguments: ["", ".", "..", "../elsewhere", "/etc/passwd", "a/b", "a\0b"]
    )
    func refusesPaths(_ name: String) throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        try scene.file("elsewhere").write(Data())
        #expect(throws: Errno.invalidArgument) { try folder.makeFile(name) }
        #expect(throws: Errno.invalidArgument) { try folder.openFile(name) }
        #expect(throws: Errno.invalidArgument) { try folder.remove(name) }
        #expect(throws: Errno.invalidArgument) { _ = try folder.makeFolder(name) }
        #expect(scene.file("elsewhere").exists)
    }

    // MARK: Opening

    @Test("a file is opened for what it is, and neither links, pipes nor folders are")
    func opensRegularFilesAlone() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        try folder.path.appending("file").write(Data("text".utf8))
        let file = try folder.openFile("file")
        #expect(try file.stat().size == 4)
        try file.close()
        try link(folder.path.appending("link"), to: folder.path.appending("file"))
        try #require(unsafe mkfifo(folder.path.appending("pipe").string, 0o600) == 0)
        _ = try folder.makeFolder("folder")
        #expect(throws: Errno.tooManySymbolicLinkLevels) { try folder.openFile("link") }
        #expect(throws: Errno.notSupported) { try folder.openFile("pipe") }
        #expect(throws: Errno.notSupported) { try folder.openFile("folder") }
        #expect(throws: Errno.noSuchFileOrDirectory) { try folder.openFile("none") }
    }

    @Test("a folder is opened again as the one that it was, and no other in its place is")
    func opensTheSameFolder() throws {
        let made = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        let again = try PrivateFolder(opening: made.path, expecting: made.identity)
        #expect(again.identity == made.identity)
        try FileManager.default.moveItem(
            atPath: made.path.string,
            toPath: scene.file("moved").string
        )
        try FileManager.default.createDirectory(
            atPath: made.path.string,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        #expect(throws: Errno.noSuchFileOrDirectory) {
            _ = try PrivateFolder(opening: made.path, expecting: made.identity)
        }
        let other = try PrivateFolder(opening: made.path)
        #expect(other.identity != made.identity)
    }

    @Test("neither a link to a folder nor a file is opened as one")
    func opensNoLinks() throws {
        let made = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        let link = scene.file("link")
        try self.link(link, to: made.path)
        try scene.file("file").write(Data())
        #expect(throws: Errno.self) { _ = try PrivateFolder(opening: link) }
        #expect(throws: Errno.self) {
            _ = try PrivateFolder(opening: link, expecting: made.identity)
        }
        #expect(throws: Errno.notDirectory) { _ = try PrivateFolder(opening: scene.file("file")) }
        #expect(throws: Errno.invalidArgument) { _ = try PrivateFolder(opening: "/") }
        #expect(throws: Errno.invalidArgument) {
            _ = try PrivateFolder(opening: made.path.appending(".."))
        }
    }

    @Test(
        "a folder that others may write into is refused",
        arguments: [0o770, 0o707, 0o777, 0o1777]
    )
    func refusesOpenFolders(_ mode: Int) throws {
        let path = scene.file("loose")
        try FileManager.default.createDirectory(
            atPath: path.string,
            withIntermediateDirectories: false
        )
        try #require(unsafe chmod(path.string, mode_t(mode)) == 0)
        #expect(throws: Errno.permissionDenied) { _ = try PrivateFolder(opening: path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path.string).isEmpty)
    }

    @Test("another user's folder is refused, open or not", .enabled(if: geteuid() == 0))
    func refusesForeignFolders() throws {
        for mode in [0o700, 0o777] {
            let path = scene.file("foreign-\(mode)")
            try FileManager.default.createDirectory(
                atPath: path.string,
                withIntermediateDirectories: false
            )
            try #require(unsafe chmod(path.string, mode_t(mode)) == 0)
            try #require(unsafe chown(path.string, 65534, 65534) == 0)
            #expect(throws: Errno.permissionDenied) { _ = try PrivateFolder(opening: path) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path.string).isEmpty)
        }
    }

    // MARK: Placing

    @Test("a second name never replaces, and a move replaces a link instead of following it")
    func placesFiles() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        let (taken, result) = (scene.file("taken"), scene.file("result"))
        try taken.write(Data("kept".utf8))
        try folder.path.appending("made").write(Data("new".utf8))
        #expect(throws: Errno.fileExists) { try folder.link("made", to: taken) }
        try link(result, to: taken)
        #expect(throws: Errno.fileExists) { try folder.link("made", to: result) }
        try folder.move("made", to: result)
        #expect(try result.stat(followTargetSymlink: false).type == .regular)
        #expect(try result.contents() == Data("new".utf8))
        #expect(try taken.contents() == Data("kept".utf8))
        #expect(try folder.names().isEmpty)
    }

    // MARK: Removing

    @Test("all in a folder goes, and what links in it lead to stays")
    func removesLinksThemselves() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        let outside = scene.file("outside")
        try FileManager.default.createDirectory(
            atPath: outside.appending("inner").string,
            withIntermediateDirectories: true
        )
        try outside.appending("inner/file").write(Data("kept".utf8))
        let deep = folder.path.appending("a/b/c")
        try FileManager.default.createDirectory(
            atPath: deep.string,
            withIntermediateDirectories: true
        )
        try deep.appending("file").write(Data("gone".utf8))
        try link(folder.path.appending("to folder"), to: outside)
        try link(deep.appending("to file"), to: outside.appending("inner/file"))
        try #require(unsafe mkfifo(deep.appending("pipe").string, 0o600) == 0)
        // A name that is no text in any encoding.
        let name: [CChar] = [0x66, -1, -2, 0]
        let inner = unsafe open(deep.string, O_RDONLY | O_DIRECTORY)
        defer { close(inner) }
        try #require(close(unsafe openat(inner, name, O_CREAT | O_WRONLY, 0o600)) == 0)
        try folder.removeAll()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path.string).isEmpty
        )
        #expect(try outside.appending("inner/file").contents() == Data("kept".utf8))
        try folder.remove()
        #expect(scene.names == ["outside"])
    }

    @Test("a link that took the folder's name stays, and so does all that it leads to")
    func removesByDescriptor() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        try folder.path.appending("own").write(Data())
        let (outside, moved) = (scene.file("outside"), scene.file("moved"))
        try FileManager.default.createDirectory(
            atPath: outside.string,
            withIntermediateDirectories: false
        )
        try outside.appending("file").write(Data("kept".utf8))
        try FileManager.default.moveItem(atPath: folder.path.string, toPath: moved.string)
        try link(folder.path, to: outside)
        #expect(throws: Errno.noSuchFileOrDirectory) { try folder.remove() }
        #expect(try outside.appending("file").contents() == Data("kept".utf8))
        #expect(try folder.path.stat(followTargetSymlink: false).type == .symbolicLink)
        // Its own files were reached all the same.
        #expect(try FileManager.default.contentsOfDirectory(atPath: moved.string).isEmpty)
    }

    @Test("an empty folder that took the folder's name stays")
    func removesNoOther() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        let path = folder.path.string
        try FileManager.default.moveItem(atPath: path, toPath: scene.file("moved").string)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: Errno.noSuchFileOrDirectory) { try folder.remove() }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("a folder whose parent was replaced is removed where it is")
    func removesWhereItIs() throws {
        let parent = scene.file("parent")
        try FileManager.default.createDirectory(
            atPath: parent.string,
            withIntermediateDirectories: false
        )
        let folder = try PrivateFolder.makeUnique(in: parent, prefix: "")
        let name = try #require(folder.path.lastComponent)
        let moved = scene.file("moved")
        try FileManager.default.moveItem(atPath: parent.string, toPath: moved.string)
        let decoy = parent.appending(name)
        try FileManager.default.createDirectory(
            atPath: decoy.string,
            withIntermediateDirectories: true
        )
        try decoy.appending("file").write(Data("kept".utf8))
        try folder.remove()
        #expect(!moved.appending(name).exists)
        #expect(try decoy.appending("file").contents() == Data("kept".utf8))
    }

    @Test("another disk in the folder is left as it is", .enabled(if: PrivateFolderTests.canMount))
    func staysOnItsDisk() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        let inner = try folder.makeFolder("disk")
        try #require(mount(inner.path) == 0)
        defer { _ = unsafe umount(inner.path.string) }
        try inner.path.appending("file").write(Data("kept".utf8))
        try folder.path.appending("own").write(Data())
        #expect(throws: Errno.self) { try folder.remove() }
        #expect(try inner.path.appending("file").contents() == Data("kept".utf8))
        #expect(!folder.path.appending("own").exists)
    }

    @Test("folders deeper than any of ours are refused, and nothing crashes")
    func boundsItsDepth() throws {
        let folder = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
        var deep = folder.path
        for _ in 0..<70 { deep.append("d") }
        try FileManager.default.createDirectory(
            atPath: deep.string,
            withIntermediateDirectories: true
        )
        #expect(throws: Errno.fileNameTooLong) { try folder.removeAll() }
    }

    private func link(_ path: FilePath, to destination: FilePath) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path.string,
            withDestinationPath: destination.string
        )
    }

    private static let canMount: Bool = {
        #if os(Linux)
        guard geteuid() == 0, let folder = try? Folder(), mount(folder.path) == 0 else {
            return false
        }
        _ = unsafe umount(folder.path.string)
        return true
        #else
        return false
        #endif
    }()

    private static func mount(_ path: FilePath) -> Int32 {
        #if os(Linux)
        return unsafe Glibc.mount("none", path.string, "tmpfs", 0, nil)
        #else
        return -1
        #endif
    }

    private func mount(_ path: FilePath) -> Int32 { Self.mount(path) }
}
