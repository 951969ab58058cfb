import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("A way through the cloud that was killed is gone on with")
    struct RouteKilledTests {
        private static let call = ["clip.mp4", "--to", "1MB", "--route", "cloud", "--cloud"]

        /// Where a run is killed.
        enum Place: String, CaseIterable, Sendable {
            case uploading, editing, rendering, downloading
        }

        private func leave(_ stage: CloudStage, at place: Place) async throws {
            let simulator = stage.simulator
            let running = try stage.start(Self.call)
            try await stage.wait {
                switch place {
                case .uploading: simulator.count(.upload) > 0
                case .editing: simulator.count(.runSSE) > 0
                case .rendering: simulator.count(.renderSubmit) > 0
                case .downloading: stage.names.contains { $0.hasPrefix(".cinch-download-") }
                }
            }
            if place == .editing { try await Task.sleep(for: .milliseconds(50)) }
            running.send(SIGKILL)
            #expect(await running.result().exitCode == 1000 + SIGKILL)
        }

        private func play(_ place: Place, _ options: inout SimulatorOptions) {
            switch place {
            case .uploading:
                options.receiveBuffer = 4096
                options.script[.upload] = [.normal.reading(.throttled(bytesPerSecond: 20))]
            case .editing: options.script.turns = [Turn(.wait(.seconds(120)), .answer)]
            case .rendering: break
            case .downloading:
                options.script[.file] = [.normal.delivered { $0.bytesPerSecond = 20 }]
            }
        }

        private func expectDone(
            _ stage: CloudStage,
            _ place: Place,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let bytes = FilePath(stage.folder.path("clip-1MB.mp4")).byteCount
            #expect(bytes > 1000 && bytes <= 1_000_000, sourceLocation: sourceLocation)
            #expect(stage.names == ["clip-1MB.mp4", "clip.mp4"], sourceLocation: sourceLocation)
            let simulator = stage.simulator
            // Nothing is sent, asked for or rendered twice that was there already.
            #expect(simulator.count(.upload) == (place == .uploading ? 2 : 1))
            if place != .editing { #expect(simulator.count(.runSSE) == 1) }
            #expect(simulator.count(.renderSubmit) == 1)
            let none = try await stage.succeed(["jobs"])
            #expect(none.output == "No exports were left behind.\n")
        }

        @Test("killed anywhere, 'cinch jobs --resume' makes the file", arguments: Place.allCases)
        func resumed(_ place: Place) async throws {
            try await CloudStage.with {
                play(place, &$0)
            } _: { stage in
                _ = try stage.clip()
                try await leave(stage, at: place)
                let list = try await stage.succeed(["jobs", "--json"])
                let jobs = try list.objects().last?["jobs"] as? [[String: Any]] ?? []
                #expect(jobs.count == 1)
                #expect(jobs.first?["source"] as? String == "clip.mp4")
                #expect(jobs.first?["isActive"] as? Bool == false)
                #expect(
                    jobs.first?["stage"] as? String
                        == (place == .downloading ? "rendering" : place.rawValue)
                )
                let history = ["CINCH_HISTORY": "on"]
                let result = try await stage.succeed(["jobs", "--resume"], environment: history)
                #expect(result.output.contains("clip-1MB.mp4\n"))
                let made = try await stage.succeed(["history", "--json"])
                let receipts = try made.objects().last?["receipts"] as? [[String: Any]]
                #expect(receipts?.map { $0["route"] as? String } == ["cloud"])
                try await expectDone(stage, place)
            }
        }

        @Test("killed anywhere, the same call again goes on with it", arguments: Place.allCases)
        func calledAgain(_ place: Place) async throws {
            try await CloudStage.with {
                play(place, &$0)
            } _: { stage in
                _ = try stage.clip()
                try await leave(stage, at: place)
                let result = try await stage.succeed(Self.call)
                #expect(result.messages.contains("An earlier run of this was cut short"))
                try await expectDone(stage, place)
            }
        }

        @Test("what was left can be forgotten, one by its number or all of it")
        func forgotten() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                try await leave(stage, at: .rendering)
                let list = try await stage.succeed(["jobs"])
                #expect(list.output.contains("clip.mp4 to clip-1MB.mp4, stopped while rendering"))
                #expect(list.messages.contains("cinch jobs --resume"))
                try await stage.fail(64, ["jobs", "--forget", "2"], saying: "There is no job 2")
                try await stage.fail(64, ["jobs", "1"], saying: "means nothing without --resume")
                try await stage.fail(64, ["jobs", "--forget", "--resume"])
                let gone = try await stage.succeed(["jobs", "--forget", "1"])
                #expect(gone.output == "Forgotten: 1.\n")
                #expect(stage.simulator.count(.renderCancel) == 1)
                #expect(stage.names == ["clip.mp4"])
                let none = try await stage.succeed(["cloud", "jobs"])
                #expect(none.output == "No exports were left behind.\n")
            }
        }

        @Test("where the cloud has lost it meanwhile, the file is made here")
        func lost() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                try await leave(stage, at: .rendering)
                stage.simulator.perform(.forgetSessions)
                stage.play { $0[.renderPoll] = [.refuse(404).forever] }
                try await stage.succeed(["jobs", "--resume"])
                #expect(stage.names == ["clip-1MB.mp4", "clip.mp4"])
                #expect((try await stage.succeed(["jobs"])).output.hasPrefix("No exports"))
            }
        }

        @Test("without agreement any more what was left is made here, and nothing is sent")
        func withdrawn() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                try await leave(stage, at: .rendering)
                try await stage.succeed(["cloud", "logout"])
                let count = stage.simulator.requests.count
                try await stage.succeed(["jobs", "--resume"])
                #expect(stage.names == ["clip-1MB.mp4", "clip.mp4"])
                #expect((try await stage.succeed(["jobs"])).output.hasPrefix("No exports"))
                #expect(stage.simulator.requests.count == count)
            }
        }

        @Test("a conversation's commands leave the job alone")
        func leftAlone() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                try await leave(stage, at: .rendering)
                try await Task.sleep(for: .milliseconds(300))
                try await stage.succeed(["cloud", "login", "--cloud"])
                #expect(stage.names == ["clip.mp4"])
            }
        }

        @Test("Ctrl-C on the way leaves nothing to go on with")
        func stopped() async throws {
            try await CloudStage.with {
                $0.script.usualRender.course = .stuck
            } _: { stage in
                _ = try stage.clip()
                let simulator = stage.simulator
                let result = try await stage.interrupt(Self.call) {
                    simulator.count(.renderPoll) > 0
                }
                #expect(result.exitCode == 130)
                #expect(simulator.count(.renderCancel) == 1)
                #expect(stage.names == ["clip.mp4"])
                #expect((try await stage.succeed(["jobs"])).output.hasPrefix("No exports"))
            }
        }

        @Test("a job whose file has changed since is told, and stays until it is forgotten")
        func changed() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                try await leave(stage, at: .rendering)
                _ = try stage.clip(isAnother: true)
                let result = try await stage.fail(66, ["jobs", "--resume"])
                #expect(result.messages.split(separator: "is not what it was").count == 2)
                try await stage.succeed(["jobs", "--forget"])
            }
        }
    }
}
