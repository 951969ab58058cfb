import Cloud
import Core
import Engine
import Foundation
import Jobs
import SystemPackage

/// What this machine does about a line of a conversation.
enum LineHere {
    /// All of it, from the file itself; nothing is sent.
    case make(PlainCall)
    /// All of it, from what the agent has made so far.
    case fit
    /// The size alone, when the agent has done the rest.
    case sendThenFit
}

extension Chat {
    /// What of a line is done here; nil where it is for the agent as it stands.
    ///
    /// A line that could be meant otherwise is the agent's: only what is understood to its last word, and is
    /// about a file that is no question, is done without it.
    func here(_ dropped: DroppedPaths) -> LineHere? {
        let text = dropped.text
        guard isInteractive, dropped.paths.count <= 1, Intent.of(text).action == nil else {
            return nil
        }
        let settings = try? Settings.read(desk.configuration.environment)
        let limits = settings?.allLimits ?? .builtIn
        let wish = PlainWish.of(text, limits: limits)
        guard wish.isCompression, wish.contradictions.isEmpty else { return nil }
        let size = SizeWish.of(text)
        guard wish.edits.isEmpty else {
            let hasMedia = !dropped.paths.isEmpty || file != nil || hasUploads
            // A size in the middle of an edit may be a part of it.
            let isApart = !wish.edits.contains { SizeWish.of($0) != nil }
            return size != nil && size == wish.target && isApart && hasMedia ? .sendThenFit : nil
        }
        if let path = dropped.paths.first ?? file ?? desk.context.soleOriginal?.path {
            let call = PlainCall([Shell.relative(path), text], limits: limits)
            return call.map { .make($0) }
        }
        guard hasUploads, desk.context.notebook?.hasEdits == true, size != nil, size == wish.target,
            SizeWish.isAll(of: text), wish.heightCap == nil
        else { return nil }
        return .fit
    }

    private var hasUploads: Bool { desk.session.session?.uploads.isEmpty == false }

    /// Makes what a line asks for from the file that is talked about.
    ///
    /// Returns: false where this machine cannot, and the service may.
    mutating func make(_ call: PlainCall) async throws(Failure) -> Bool {
        tell(call.wish, words.doneHere)
        for note in call.notes { console.note(note) }
        let environment = desk.configuration.environment
        let settings = try Settings.read(environment)
        guard var command = try? Session.parse(call.arguments) as? CompressCommand,
            let name = call.files.first
        else { throw Failure(.defect, "Cannot read '\(call.sentence)' as options") }
        command.fill(from: settings)
        guard try command.wish.part.partsWish() == nil else {
            throw Failure(
                .usage,
                "A conversation makes one file at a time",
                why: "the line asks for several",
                advice: "In a shell: cinch \(Shell.quoted(name)) "
                    + Shell.quoted(call.sentence)
            )
        }
        var request = try command.request(settings.allLimits).placed(by: settings)
        let report: Report
        do throws(Failure) {
            let kind = try await Compressor(limits: try command.limits()).probe(request.input).kind
            let folders = NewFolders(for: [request])
            defer { folders.removeEmpty() }
            request.output = try request.settled(for: kind).destination.unused
            report = try await desk.context.compress(request)
        } catch {
            guard [.unreadable, .unavailable].contains(error.kind) else { throw error }
            let why = error.why.isEmpty ? "" : ": \(error.why)"
            console.note("\(error.what)\(why). \(words.goesToTheCloud)")
            return false
        }
        file = request.input.string
        if settings.isOn(.history) { History(environment)?.add(report, route: .local) }
        console.end()
        console.results.line(
            Receipt.text(report, width: console.width, style: console.results.style)
        )
        return true
    }

    /// Says what was understood, before it is done.
    func tell(_ wish: PlainWish, _ more: String) {
        let meanings = wish.understood.map(\.meaning)
        console.note(words.understood(meanings.joined(separator: ", "), more))
    }

    /// Sends the file that was only talked about so far: the agent needs it.
    mutating func sendFileInTalk() async throws(Failure) {
        guard let path = file else { return }
        file = nil
        let isThere = desk.context.notebook?.originals.contains {
            $0.isUnchanged && isSame($0, path)
        }
        if isThere != true { _ = try await desk.context.upload([path]) }
    }

    private func isSame(_ original: LocalFile, _ path: String) -> Bool {
        original.path == URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
