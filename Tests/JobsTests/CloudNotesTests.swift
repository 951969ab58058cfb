import Cloud
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

@Suite("What is remembered of a session beside what the client keeps")
struct CloudNotesTests {
    @Test(
        "a path in a command can be pasted into a shell",
        arguments: [
            ("a.mp4", "a.mp4"), ("a b.mp4", "'a b.mp4'"), ("it's.mp4", "'it'\\''s.mp4'"),
            ("-odd.mp4", "./-odd.mp4"), ("$HOME.mp4", "'$HOME.mp4'"), ("视频.mp4", "视频.mp4"),
        ]
    )
    func shell(path: String, quoted: String) {
        #expect(Shell.quoted(path) == quoted)
    }

    @Test("a notebook knows the wish, and the one file that a local run could take instead")
    func notebook() throws {
        let folder = try Folder()
        let clip = folder.file("clip.mp4")
        try clip.write(Data("a clip".utf8))
        var notebook = Notebook(sessionID: "1")
        notebook.note(upload: clip)
        notebook.note(message: "compress this video to under 50MB")
        #expect(notebook.wishedBytes == 50_000_000)
        #expect(notebook.soleOriginal?.path == clip.string)
        notebook.note(message: "make it 8MB")
        #expect(notebook.wishedBytes == 8_000_000)
        var edited = notebook
        edited.note(message: "add a title")
        #expect(edited.wishedBytes == 8_000_000 && edited.soleOriginal == nil)
        var two = notebook
        two.note(upload: clip)
        #expect(two.wishedBytes == nil && two.soleOriginal == nil)
        try clip.write(Data("changed".utf8))
        #expect(notebook.soleOriginal == nil)
    }

    @Test("what was asked for in a session is kept beside that of others, for a month")
    func notebooks() throws {
        let folder = try Folder()
        var configuration = try CloudConfiguration(
            profile: .clideo,
            environment: ["CINCH_STATE_DIR": folder.file("state").string]
        )
        configuration.clock.unixSeconds = { 1_000_000_000 }
        for (session, bytes) in [("1", 100), ("2", 200)] {
            var notebook = Notebook(of: session, configuration)
            #expect(notebook.wishedBytes == nil)
            notebook.wishedBytes = bytes
            notebook.save(configuration)
        }
        #expect(Notebook(of: "1", configuration).wishedBytes == 100)
        #expect(Notebook(of: "2", configuration).wishedBytes == 200)
        configuration.clock.unixSeconds = { 1_000_000_000 + 29 * 24 * 3600 }
        Notebook(of: "2", configuration).save(configuration)
        configuration.clock.unixSeconds = { 1_000_000_000 + 31 * 24 * 3600 }
        Notebook(of: "3", configuration).save(configuration)
        #expect(Notebook(of: "1", configuration).wishedBytes == nil)
        #expect(Notebook(of: "2", configuration).wishedBytes == 200)
    }

    @Test("an unused name gets a number where the first one is taken")
    func unused() throws {
        let folder = try Folder()
        let path = folder.file("a-720p.mp4")
        #expect(path.unused == path)
        try folder.file("a-720p.mp4").write(Data())
        try folder.file("a-720p-2.mp4").write(Data())
        #expect(path.unused == folder.file("a-720p-3.mp4"))
    }
}
