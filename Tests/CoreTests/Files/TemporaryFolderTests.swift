import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite struct TemporaryFolderTests {
    @Test("a folder goes with what holds it, with all that is in it")
    func goes() throws {
        let scene = try Folder()
        do {
            let temporary = try TemporaryFolder(in: scene.path, prefix: ".work-")
            try temporary.path.appending("file").write(Data())
            #expect(scene.names.count == 1)
            withExtendedLifetime(temporary) {}
        }
        #expect(scene.names.isEmpty)
    }

    @Test("an exit that waits for nothing takes all of them, and nothing that is in their place")
    func abandoned() async throws {
        // In a process of its own: the folders of other tests are in use.
        await #expect(processExitsWith: .success) {
            let scene = try Folder()
            let one = try TemporaryFolder(in: scene.path, prefix: "one-")
            let other = try TemporaryFolder(in: scene.path, prefix: "other-")
            let outside = scene.file("outside")
            try FileManager.default.createDirectory(
                atPath: outside.string,
                withIntermediateDirectories: false
            )
            try outside.appending("file").write(Data("kept".utf8))
            try FileManager.default.moveItem(
                atPath: other.path.string,
                toPath: scene.file("moved").string
            )
            try FileManager.default.createSymbolicLink(
                atPath: other.path.string,
                withDestinationPath: outside.string
            )
            TemporaryFolder.abandonAll()
            #expect(!one.path.exists)
            #expect(try outside.appending("file").contents() == Data("kept".utf8))
            #expect(try other.path.stat(followTargetSymlink: false).type == .symbolicLink)
        }
    }

    @Test("a folder that was only planned goes if it is empty, and no other in its place does")
    func planned() throws {
        let scene = try Folder()
        let path = PrivateFolder.uniquePath(in: scene.path, prefix: ".work-")
        let trace = FolderTrace(planned: path)
        trace.remove()
        _ = try PrivateFolder.make(path)
        #expect(throws: Errno.fileExists) { _ = try PrivateFolder.make(path) }
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try trace.open() }
        trace.remove()
        #expect(scene.names.isEmpty)
        _ = try PrivateFolder.make(path)
        try path.appending("file").write(Data("kept".utf8))
        trace.remove()
        #expect(try path.appending("file").contents() == Data("kept".utf8))
    }

    @Test("a folder is one process's at a time, and free when that has let it go")
    func locks() throws {
        let scene = try Folder()
        let path: FilePath
        do {
            let held = try PrivateFolder.makeUnique(in: scene.path, prefix: "")
            path = held.path
            let other = try PrivateFolder(opening: path)
            let answers = [held.lock(), other.lock(), held.isInPlace]
            #expect(answers == [true, false, true])
        }
        let next = try PrivateFolder(opening: path)
        let isFree = next.lock()
        #expect(isFree)
    }
}
