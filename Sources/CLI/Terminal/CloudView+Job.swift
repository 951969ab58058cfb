import Cloud
import Core
import Jobs
import Synchronization

extension CloudConsole {
    /// Takes what a job tells.
    func take(_ event: JobEvent) {
        switch event {
        case .route(let decision, let isExplained):
            if !isQuiet { json?.write(.route, RoutePayload(decision)) }
            if isExplained { remark(decision.text) }
        case .changedRoute(let way, let failure):
            let place = way.usesCloud ? "in the cloud" : "on this machine"
            let how = failure.why.isEmpty ? "" : ": \(failure.why)"
            note("\(failure.what)\(how). It is made \(place) instead.")
        case .resumed: note("An earlier run of this was cut short: this one goes on from there.")
        case .service(let event): take(event)
        case .agreedBeforehand(let question): note(words.question(question))
        case .lookingAgain: begin(words.lookingAgain)
        case .changedAllTheSame(let timeline):
            // Programs have been told of the timeline.
            if json == nil { note(words.changedAllTheSame(timeline)) }
        case .checking: begin(words.checking)
        case .remade(let reason, let file): note(words.madeHere(words.reason(reason), from: file))
        case .fitted(let reason, let file): note(words.fittedHere(words.reason(reason), from: file))
        case .shortfall(let shortfall):
            note("The cloud's file is worse than what was asked for: \(shortfall.text).")
        case .activityEnded: end()
        case .localBegan(let targetBytes): beginRun(targetBytes: targetBytes)
        case .local(let event):
            run?.show(event)
            json?.write(event, isQuiet: isQuiet)
        case .localEnded:
            run?.end()
            run = nil
        case .sample(let report): show(sample: report)
        case .stillRendering(let destination):
            note(words.stillRendering(Shell.relative(destination)))
        case .takenElsewhere(let destination):
            note(words.takenElsewhere(Shell.relative(destination)))
        case .notFetched(let destination, let failure): tell(failure, ofJobTo: destination)
        case .delivered(let file): show(file)
        case .finished: break
        }
    }

    private func show(sample: Report?) {
        guard let sample else {
            json?.write(.note, NotePayload(text: Phrase.unpreviewed))
            run?.note(Phrase.unpreviewed)
            return
        }
        json?.write(.preview, ReportResult(sample))
        run?.note(Phrase.previewed(sample))
    }

    private func tell(_ failure: Failure, ofJobTo destination: String) {
        let reason = failure.why.isEmpty ? failure.what : "\(failure.what): \(failure.why)"
        let text = words.notFetched(Shell.relative(destination), reason)
        note(failure.advice.isEmpty ? text : "\(text). \(failure.advice)")
    }

    private func show(_ file: Delivered) {
        json?.write(.exported, DeliveredPayload(file, words))
        end()
        guard !isQuiet else { return }
        say(CloudFacts.text(file, words: words, width: width, style: results.style))
    }
}

extension CloudConsole: JobAnswerer {
    /// Asks a person, if there is one.
    func answer(_ question: JobQuestion) async -> JobAnswer {
        // Where to sign in is told with the failure.
        guard case .consent(let question) = question else { return .no }
        guard json == nil, reader.isTerminal, messages.isTerminal else { return .no }
        live.pause()
        let width = min(100, messages.columns)
        let lines = Wrapping.paragraphs(words.question(question), width: width)
        messages.write(lines.joined(separator: "\n") + "\n" + words.goAhead)
        let answer = await reader.next()
        if answer == nil { messages.line() }
        return CloudWords.isYes(answer ?? "") ? .always : .no
    }
}

/// The consoles of the files of one call, each made when its file is first told of.
final class FileConsoles: Sendable {
    private let front: CloudConsole
    private let relay: @Sendable (BatchItem, CloudEcho) -> Void
    private let consoles = Locked<[Int: CloudConsole]>([:])

    /// `relay`: takes what is told of a file beside lines of JSON.
    init(_ front: CloudConsole, relay: @escaping @Sendable (BatchItem, CloudEcho) -> Void) {
        (self.front, self.relay) = (front, relay)
    }

    func take(_ event: JobEvent, of item: BatchItem) {
        let (front, relay) = (front, relay)
        let console = consoles.withLock { consoles in
            if let console = consoles[item.number] { return console }
            let console = CloudConsole(of: item.number, front: front) { relay(item, $0) }
            consoles[item.number] = console
            return console
        }
        console.take(event)
    }
}
