import Core
import Foundation
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// A download beside its destination, against those who may write into that folder too.
@Suite struct FetchingTests {
    /// A session with a clip that was edited, ready to be exported.
    private func ready(
        changes: [Scene.Change] = [],
        _ body: (Scene, CloudSession) async throws -> Void
    ) async throws {
        try await Scene.with(changes: changes) { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("compress this video")
            try await body(scene, client)
        }
    }

    @Test("what comes down lies in a folder for this user alone, whose name follows from nothing")
    func hidden() async throws {
        try await ready { scene, client in
            let seen = Locked<[FilePath]>([])
            for _ in 0..<2 {
                _ = try await client.export(
                    to: scene.folder.file("out.mp4"),
                    overwrites: true
                ) { path in
                    seen.withLock { $0.append(path.removingLastComponent()) }
                    let folder = try path.removingLastComponent().stat(followTargetSymlink: false)
                    #expect(folder.type == .directory)
                    #expect(folder.permissions == .ownerReadWriteExecute)
                    let file = try path.stat(followTargetSymlink: false)
                    #expect(file.type == .regular)
                    #expect(file.permissions == .ownerReadWrite)
                    #expect(try path.contents() == Data("a rendered file".utf8))
                }
            }
            let paths = seen.withLock { $0 }
            #expect(paths.count == 2 && paths[0] != paths[1])
            #expect(!scene.folder.names.contains { $0.hasPrefix(".cinch") })
        }
    }

    @Test("a file has the permissions of results once it is checked, and not before")
    func permissions() async throws {
        try await ready(changes: [{ $0.resultPermissions = [.ownerReadWrite, .groupRead] }]) {
            scene,
            client in
            let path = scene.folder.file("out.mp4")
            _ = try await client.export(to: path) { file in
                let mode = try file.stat().permissions
                #expect(mode == .ownerReadWrite)
            }
            #expect(try path.stat().permissions == [.ownerReadWrite, .groupRead])
        }
    }

    @Test(
        "a folder that takes the download's place is neither believed nor emptied",
        arguments: [false, true]
    )
    func exchanged(isLink: Bool) async throws {
        try await ready { scene, client in
            let (victim, moved) = (scene.folder.file("victim"), scene.folder.file("moved"))
            try FileManager.default.createDirectory(
                atPath: victim.string,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
            try victim.appending("part1").write(Data("another's file".utf8))
            let planted = Locked<FilePath?>(nil)
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4")) { path in
                    let folder = path.removingLastComponent()
                    planted.withLock { $0 = folder }
                    let files = FileManager.default
                    try files.moveItem(atPath: folder.string, toPath: moved.string)
                    if isLink {
                        try files.createSymbolicLink(
                            atPath: folder.string,
                            withDestinationPath: victim.string
                        )
                    } else {
                        try files.moveItem(atPath: victim.string, toPath: folder.string)
                    }
                }
            }
            #expect(error?.kind == .resultUnusable)
            #expect(!scene.folder.file("out.mp4").exists)
            let place = try #require(planted.withLock { $0 })
            #expect(try place.appending("part1").contents() == Data("another's file".utf8))
            let own = try FileManager.default.contentsOfDirectory(atPath: moved.string)
            #expect(own.isEmpty)
        }
    }

    @Test("a link at the destination is never written through", arguments: [false, true])
    func linkedDestination(overwrites: Bool) async throws {
        try await ready { scene, client in
            let (out, target) = (scene.folder.file("out.mp4"), scene.folder.file("target"))
            try target.write(Data("kept".utf8))
            let error = await scene.error {
                // Planted when all was seen to be free.
                _ = try await client.export(to: out, overwrites: overwrites) { _ in
                    try FileManager.default.createSymbolicLink(
                        atPath: out.string,
                        withDestinationPath: target.string
                    )
                }
            }
            #expect(try target.contents() == Data("kept".utf8))
            let kind = try out.stat(followTargetSymlink: false).type
            if overwrites {
                #expect(error == nil)
                #expect(kind == .regular)
                #expect(try out.contents() == Data("a rendered file".utf8))
            } else {
                #expect(error?.kind == .destination(isTaken: true))
                #expect(kind == .symbolicLink)
            }
        }
    }
}
