import Cloud
import Core
import Foundation
import Jobs
import SystemPackage

// What each cloud command does at its desk.

extension LoginCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        desk.console.greet()
        _ = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.connect(fresh: new)
        }
        // Whoever logs in has seen to what was wrong.
        let api = desk.configuration.api
        await RouteStore(desk.configuration).change { memory, _ in memory.forgive(api) }
        try await desk.context.takeUpJobs()
        let status = desk.status
        desk.finish("cloud login", status) { width, style in
            options.quiet ? "" : CloudFacts.text(status, width: width, style: style)
        }
        desk.console.suggest("Next: cinch cloud upload FILE, or cinch chat")
    }
}

extension LogoutCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        desk.session.logOut()
        do throws(CloudError) {
            try RoutedJobs(desk.configuration).withdraw()
        } catch { throw error.failure }
        let status = desk.status
        desk.finish("cloud logout", status) { width, style in
            options.quiet
                ? "" : "Forgotten: the token, the session, and that you agreed to anything."
        }
    }
}

extension StatusCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        let status = desk.status
        desk.finish("cloud status", status) {
            CloudFacts.text(status, width: $0, style: $1)
        }
    }
}

extension CreditsCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        let credits = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.credits()
        }
        desk.finish("cloud credits", CreditsPayload(credits)) { _, _ in
            CloudFacts.text(credits, words: desk.console.words)
        }
    }
}

extension UploadCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        guard !files.isEmpty else {
            throw Failure(
                .usage,
                "The file is missing",
                why: "nothing was named to upload",
                advice: "Try: cinch cloud upload holiday.mov"
            )
        }
        let addresses = files.filter { $0.lowercased().hasPrefix("https://") }
        let paths = files.filter { !addresses.contains($0) }
        try desk.context.check(paths)
        if new {
            _ = try await desk.context.asking { () throws(CloudError) in
                try await desk.session.connect(fresh: true)
            }
        }
        var taken: [UploadedFile] = []
        if !paths.isEmpty { taken += try await desk.context.upload(paths) }
        if !addresses.isEmpty {
            taken += try await desk.context.asking { () throws(CloudError) in
                try await desk.session.upload(urls: addresses)
            }
        }
        desk.finish("cloud upload", UploadPayload(taken))
        desk.console.suggest(
            "Next: cinch cloud send \"compress this video to under 50MB\""
        )
    }
}

extension SendCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        let message = text.joined(separator: " ")
        guard !message.allSatisfy(\.isWhitespace) else {
            throw Failure(
                .usage,
                "The message is missing",
                why: "there is nothing to send",
                advice: "Try: cinch cloud send \"compress this video down to 8MB\""
            )
        }
        let intent = Intent.of(message)
        if let action = intent.action, intent.message == nil { throw Self.refusal(of: action) }
        let reply = try await desk.send(intent.action == nil ? message : intent.message ?? message)
        desk.console.tell(desk.console.words.notice(reply), of: reply)
        desk.finish("cloud send", ReplyPayload(reply)) { width, _ in
            guard reply.outcome != .nothing else { return "" }
            let width = desk.console.results.isLive ? width : nil
            return reply.state?.timeline.map { CloudFacts.timeline($0, width: width) } ?? ""
        }
        if let action = intent.action {
            desk.console.suggest("Next: \(Self.command(for: action))")
        } else if reply.state?.isReadyForExport == true {
            desk.console.suggest("Next: cinch cloud export")
        }
    }

    /// What is done here and not by the agent, which could charge for it (§9, §6).
    private static func refusal(of action: Intent.Action) -> Failure {
        Failure(
            .usage,
            "That is nothing for the agent",
            why: "it is done here, and costs no credits",
            advice: "Run: \(command(for: action))"
        )
    }

    private static func command(for action: Intent.Action) -> String {
        switch action {
        case .export: "cinch cloud export"
        case .subtitles(let format):
            "cinch chat --continue -m \"export \(format.rawValue.uppercased())\""
        case .credits: "cinch cloud credits"
        case .state: "cinch cloud state"
        case .upload: "cinch cloud upload FILE"
        }
    }
}

extension StateCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        let state = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.state()
        }
        desk.finish("cloud state", StatePayload(state)) { width, style in
            CloudFacts.text(
                state,
                words: desk.console.words,
                width: desk.console.results.isLive ? width : nil,
                style: style
            )
        }
    }
}

extension ExportCommand {
    func perform(at desk: CloudProgram) async throws(Failure) {
        let wish = try to.map { text throws(Failure) in try Reading.size(text, option: "--to") }
        let height = try maxHeight.flatMap { text throws(Failure) -> Int? in
            guard case .lines(let lines) = try Reading.value(text) as HeightCap else { return nil }
            return lines
        }
        let path = try output.map { text throws(Failure) in
            try Reading.path(text, name: "--output")
        }
        if let kind = path?.extension?.lowercased(), !["mp4", "m4v"].contains(kind) {
            throw Failure(
                .usage,
                "Cannot make a .\(kind) file",
                why: "the service renders MP4",
                advice: "Name the output with .mp4 at its end."
            )
        }
        let destination: FilePath
        if let path {
            destination = path
        } else {
            let state = try await desk.context.asking { () throws(CloudError) in
                try await desk.session.state()
            }
            destination = FilePath(desk.context.usualName(of: state, height: height))
        }
        let delivery = desk.context.delivery(
            to: destination,
            overwrites: force,
            height: height,
            wish: wish
        )
        let file = try await desk.tryingTheCloud { () async throws(Failure) in
            try await delivery.run()
        }
        // After it, because one of the same timeline is this very export.
        try await desk.context.takeUpJobs()
        desk.finish("cloud export", DeliveredPayload(file, desk.console.words)) { width, style in
            options.quiet
                ? "" : CloudFacts.text(file, words: desk.console.words, width: width, style: style)
        }
    }
}

extension LinkCommand {
    private struct Payload: Encodable {
        /// Where the link is; nil where a browser has it.
        var output: String?
    }

    func perform(at desk: CloudProgram) async throws(Failure) {
        let link = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.link()
        }
        guard let link else {
            throw Failure(
                .unavailable,
                "There is no link to the session",
                why: "the service does not offer one",
                advice: "Go on here, with cinch cloud send."
            )
        }
        if let output {
            try PrivateFile.write(link + "\n", to: try Reading.path(output, name: "--output"))
        } else {
            try await Browser.open(link, environment: desk.configuration.environment)
        }
        desk.finish("cloud link", Payload(output: output)) { _, _ in
            output.map {
                "The link is in \($0.withoutControls). Whoever has it has the session for seven days."
            } ?? "The session is open in your browser, for seven days."
        }
    }
}
