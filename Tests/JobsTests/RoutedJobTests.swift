import Cloud
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// What a job in the cloud has on this disk, against those who may write there too.
@Suite struct RoutedJobTests {
    @Test("what was made to be sent goes with its job, and another folder of its name stays")
    func workshop() async throws {
        let folder = try Folder()
        let configuration = try CloudConfiguration(
            profile: .clideo,
            environment: [
                "CINCH_STATE_DIR": folder.file("state").string,
                "NEMO_API_URL": "http://127.0.0.1:1",
            ]
        )
        let jobs = RoutedJobs(configuration)
        for isExchanged in [false, true] {
            let made = try PrivateFolder.makeUnique(in: folder.path, prefix: ".cinch-upload-")
            try made.path.appending("clip.mp4").write(Data("made".utf8))
            var job = RoutedJob(
                api: configuration.api,
                began: 0,
                input: LocalFile(at: folder.file("clip.mov").string),
                request: Request(input: folder.file("clip.mov")),
                message: "",
                isEdit: false
            )
            job.workshop = FolderTrace(of: made, at: made.path)
            try jobs.save(job)
            let kept = try #require(jobs[job.id])
            if isExchanged {
                try FileManager.default.moveItem(
                    atPath: made.path.string,
                    toPath: folder.file("moved").string
                )
                try FileManager.default.createDirectory(
                    atPath: made.path.string,
                    withIntermediateDirectories: false,
                    attributes: [.posixPermissions: 0o700]
                )
                try made.path.appending("clip.mp4").write(Data("kept".utf8))
            }
            jobs.forget(kept)
            #expect(made.path.exists == isExchanged)
            if isExchanged {
                #expect(try made.path.appending("clip.mp4").contents() == Data("kept".utf8))
            }
        }
    }
}
