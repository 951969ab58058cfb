import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Engine
@testable import Media

/// What demuxers say of a damaged file is not always about the file system.
@Suite struct DamagedHeaderTests {
    @Test(
        "a header that makes a present file absent, forbidden or too large for memory is damage",
        arguments: [
            (ENOENT, .opening), (EACCES, .opening), (ENOMEM, .opening), (ENOMEM, .reading),
        ] as [(Int32, MediaError.Stage)]
    )
    func present(_ code: Int32, _ stage: MediaError.Stage) throws {
        let folder = try Folder()
        let path = folder.file("clip.ogv")
        try path.write(Data([1, 2, 3]))
        let error = MediaError(status: -code, stage, doing: "read it")
        let failure = Failure(error, input: path.string, flag: CancellationFlag())
        #expect(failure.kind == .unreadable)
        #expect(!failure.advice.contains("--memory"))
    }

    @Test("a file that is gone is missing, and memory that ran out for a result is storage")
    func real() throws {
        let folder = try Folder()
        let path = folder.file("clip.ogv").string
        let gone = MediaError(status: -ENOENT, .opening, doing: "open the file")
        #expect(Failure(gone, input: path, flag: CancellationFlag()).kind == .missing)
        let full = MediaError(status: -ENOMEM, doing: "encode a frame")
        #expect(Failure(full, input: path, flag: CancellationFlag()).kind == .storage)
    }
}
