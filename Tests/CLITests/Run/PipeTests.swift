import ArgumentParser
import Core
import Foundation
import SystemPackage
import Testing

@testable import CLI

@Suite("Calls that mean standard output")
struct PipingTests {
    @Test(
        "a dash after -o sends the result to standard output, by every spelling",
        arguments: [
            (["a.mp4", "-o", "-"], true), (["a.mp4", "-o-"], true),
            (["--output=-", "a.mp4"], true),
            (["a.mp4", "--output", "-", "--json"], true), (["-", "-o", "a.mp4"], false),
            (["--", "-o", "-"], false), (["-o", "-a.mp4"], false), ([], false),
        ]
    )
    func spellings(arguments: [String], takes: Bool) {
        #expect(Piping.takesOutput(arguments) == takes)
    }

    @Test("a terminal is no place for a video, on either side")
    func terminals() throws {
        var request = try CompressCommand.parse(["-", "-o", "out.mp4"]).request()
        #expect(throws: Failure.self) { try Piping.check(request) { $0 == .standardInput } }
        try Piping.check(request) { $0 == .standardOutput }
        request.input = "in.mp4"
        request.output = "-"
        #expect(throws: Failure.self) { try Piping.check(request) { $0 == .standardOutput } }
        try Piping.check(request) { $0 == .standardInput }
    }
}

extension BuiltProgram {
    @Suite("Standard input and standard output of the built program")
    struct PipeTests {
        private let folder: Folder
        /// Where what has no place of its own is kept.
        private let temporary: String

        init() throws {
            folder = try Folder()
            temporary = folder.path("tmp")
            try FileManager.default.createDirectory(
                atPath: temporary,
                withIntermediateDirectories: false
            )
        }

        /// A shell's line, in which `$cinch` is the program and `$clip` a clip.
        private func shell(_ line: String) async throws -> Program.Result {
            let clip =
                folder.names.contains("clip.mp4") ? folder.path("clip.mp4") : try folder.clip()
            let script = """
                set -o pipefail
                export cinch="$0" clip="$1" TMPDIR="$2"
                cd "$3"
                \(line)
                """
            return try await Program.tool(
                "bash",
                ["-c", script, Program.binary.path, clip, temporary, folder.url.path]
            )
        }

        private var leftInTemporary: [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? ["?"]
        }

        private let quick = "--speed fast --max-height 240"

        @Test("what comes on standard input is compressed into the named file, as a file would be")
        func input() async throws {
            let result = try await shell(
                "cat \"$clip\" | \"$cinch\" - --to 400k \(quick) -o out.mp4"
            )
            #expect(result.exitCode == 0, "\(result.messages)")
            #expect(folder.names == ["clip.mp4", "out.mp4", "tmp"])
            #expect(leftInTemporary.isEmpty)
            let size = try Data(contentsOf: folder.url.appendingPathComponent("out.mp4")).count
            #expect(size <= 400_000 && size > 390_000)
        }

        @Test("--json calls standard input by its sign")
        func inputJSON() async throws {
            let result = try await shell(
                "cat \"$clip\" | \"$cinch\" - --to 400k \(quick) -o out.mp4 --json"
            )
            let lines = try result.objects()
            #expect(lines.first?["input"] as? String == "-")
            #expect(lines.last?["type"] as? String == "result")
            #expect(lines.last?["input"] as? String == "-")
            #expect(lines.contains { $0["receivedBytes"] as? Int ?? 0 > 0 })
            #expect(!result.output.contains(".cinch-"))
        }

        @Test(
            "what cannot be taken from standard input is refused, and named",
            arguments: [
                ("printf '' | \"$cinch\" - --to 1MB -o out.mp4", 65, "Standard input is empty"),
                ("cat \"$clip\" | \"$cinch\" - --to 1MB", 64, "The output has no name"),
                (
                    "echo nonsense | \"$cinch\" - --to 1MB -o out.mp4", 65,
                    "Cannot read standard input"
                ),
                (
                    "cat \"$clip\" | \"$cinch\" - --to 1MB --disk 100k -o out.mp4", 74,
                    "Standard input is too long"
                ), ("cat \"$clip\" | \"$cinch\" - --to 1MB -o no/out.mp4", 73, "no such folder"),
                ("cat \"$clip\" | \"$cinch\" - --to 1MB -o clip.mp4", 73, "exists already"),
            ]
        )
        func refused(line: String, code: Int32, words: String) async throws {
            let result = try await shell(line)
            #expect(result.exitCode == code)
            #expect(result.messages.contains(words), "\(result.messages)")
            #expect(!result.messages.contains(".cinch-"))
            #expect(result.output.isEmpty)
            #expect(folder.names == ["clip.mp4", "tmp"])
            #expect(leftInTemporary.isEmpty)
        }

        @Test("probe and plan read standard input as well")
        func describes() async throws {
            let probe = try await shell("cat \"$clip\" | \"$cinch\" probe -")
            #expect(probe.exitCode == 0, "\(probe.messages)")
            #expect(probe.output.contains("768×432"))
            let plan = try await shell("cat \"$clip\" | \"$cinch\" plan - --to 1MB --json")
            let last = try #require(try plan.objects().last)
            #expect(last["output"] as? String == "-")
            #expect((last["source"] as? [String: Any])?["path"] as? String == "-")
            #expect(leftInTemporary.isEmpty)
        }

        @Test("stopping while standard input is still coming leaves nothing")
        func stoppedWhileReceiving() async throws {
            let result = try await shell(
                """
                mkfifo tmp/pipe
                "$cinch" - --to 1MB -o out.mp4 < tmp/pipe &
                exec 3> tmp/pipe
                head -c 100000 "$clip" >&3
                until ls .cinch-*/input > /dev/null 2>&1; do sleep 0.1; done
                kill -INT $!
                wait $!
                """
            )
            #expect(result.exitCode == 130, "\(result.messages)")
            #expect(result.messages.contains("Stopped; nothing was written"))
            #expect(folder.names == ["clip.mp4", "tmp"])
        }

        @Test(
            "standard output gets an MP4 in fragments that plays, within the size, and nothing else",
            arguments: ["400k", "20MB", nil]
        )
        func output(target: String?) async throws {
            let size = target.map { "--to \($0)" } ?? ""
            let result = try await shell("\"$cinch\" \"$clip\" \(size) \(quick) -o - > out.mp4")
            #expect(result.exitCode == 0, "\(result.messages)")
            #expect(result.messages.contains("standard output"))
            #expect(result.output.isEmpty)
            #expect(leftInTemporary.isEmpty)
            let data = try Data(contentsOf: folder.url.appendingPathComponent("out.mp4"))
            if target == "400k" { #expect(data.count <= 400_000 && data.count > 390_000) }
            let boxes = RunTests.boxes(data)
            #expect(boxes.starts(with: ["ftyp", "moov", "moof", "mdat"]), "\(boxes)")
            let witness = try await Program.tool(
                "ffprobe",
                [
                    "-v", "error", "-count_frames", "-show_entries",
                    "stream=codec_type,nb_read_frames,start_time:format=duration", "-of", "json",
                    folder.path("out.mp4"),
                ]
            )
            #expect(witness.messages.isEmpty)
            let found = try #require(
                try JSONSerialization.jsonObject(with: Data(witness.output.utf8)) as? [String: Any]
            )
            let streams = try #require(found["streams"] as? [[String: Any]])
            let video = try #require(streams.first { $0["codec_type"] as? String == "video" })
            #expect(video["nb_read_frames"] as? String == "377")
            let start = try #require((video["start_time"] as? String).flatMap(Double.init))
            #expect(abs(start) < 0.03)
            let format = try #require(found["format"] as? [String: String])
            let seconds = try #require(format["duration"].flatMap(Double.init))
            #expect(abs(seconds - 30.24) < 0.15)
        }

        @Test("both ends may be pipes, and --json then speaks on standard error")
        func through() async throws {
            let result = try await shell(
                "cat \"$clip\" | \"$cinch\" - --to 300k \(quick) -o - --json | cat > out.mp4"
            )
            #expect(result.exitCode == 0)
            let lines = try result.messages.split(separator: "\n").map {
                try #require(
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                )
            }
            #expect(lines.first?["type"] as? String == "started")
            #expect(lines.last?["type"] as? String == "result")
            #expect(lines.last?["output"] as? String == "-")
            let data = try Data(contentsOf: folder.url.appendingPathComponent("out.mp4"))
            #expect(lines.last?["bytes"] as? Int == data.count)
            #expect(data.count <= 300_000)
            #expect(leftInTemporary.isEmpty)
        }

        @Test("a reader that leaves ends it with 74 and nothing left over")
        func brokenPipe() async throws {
            let result = try await shell(
                "\"$cinch\" \"$clip\" --to 400k \(quick) -o - | head -c 1000 > /dev/null\n"
                    + "echo \"${PIPESTATUS[0]}\""
            )
            #expect(result.output == "74\n")
            #expect(result.messages.contains("the program that read it has ended"))
            #expect(leftInTemporary.isEmpty)
        }

        @Test("stopping while a slow reader holds the output up leaves nothing")
        func stoppedWhileSending() async throws {
            let result = try await shell(
                """
                mkfifo ../pipe-$$
                "$cinch" "$clip" --to 400k \(quick) -o - > ../pipe-$$ &
                exec 3< ../pipe-$$
                rm ../pipe-$$
                head -c 10 <&3 > /dev/null
                kill -INT $!
                wait $!
                """
            )
            #expect(result.exitCode == 130, "\(result.messages)")
            #expect(result.messages.contains("Stopped"))
            #expect(leftInTemporary.isEmpty)
        }

        @Test("a failed run puts nothing on standard output")
        func failure() async throws {
            let result = try await shell("\"$cinch\" \"$clip\" --to 1k -o -")
            #expect(result.exitCode == 3)
            #expect(result.output.isEmpty)
            #expect(leftInTemporary.isEmpty)
        }
    }
}
