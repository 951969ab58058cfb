import Cloud
import Core

/// Texts of others: JSON, event streams and words of the cloud, and x264's log.
///
/// The first byte chooses.
enum FuzzedText {
    static func read(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        switch first % 6 {
        case 0: readJSON(rest)
        case 1: readStream(rest)
        case 2: readLog(rest)
        case 3: readWords(String(decoding: rest, as: UTF8.self))
        case 4: readState(rest)
        default: _ = SniffedFormat(head: rest)
        }
    }

    /// What was accepted says the same when it is written down and read again.
    private static func readJSON(_ bytes: [UInt8]) {
        guard let document = try? JSONDocument(bytes) else { return }
        let canonical = document.root.canonical
        precondition((try? JSONDocument(canonical))?.root.canonical == canonical)
    }

    /// However the bytes arrive, the same is understood.
    private static func readStream(_ bytes: [UInt8]) {
        let whole = events(of: bytes, pieces: max(1, bytes.count))
        precondition(events(of: bytes, pieces: 7) == whole)
        var text = AgentText()
        for event in whole { _ = text.take(event) }
        _ = text.end()
    }

    private static func events(of bytes: [UInt8], pieces: Int) -> [AgentEvent] {
        var stream = EventStream(limit: 1 << 16)
        var items: [StreamItem] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            items += stream.feed(bytes[start..<min(bytes.count, start + pieces)])
        }
        items += stream.finish()
        return items.flatMap(AgentEvent.decode)
    }

    private static func readLog(_ bytes: [UInt8]) {
        _ = PassLogText.tuned(bytes, for: 123_456)
        _ = PassLogText.slice(bytes, frames: 1..<4)
        _ = PassLogText.referenceCount(bytes, before: 3)
        guard let log = PassLog(parsing: bytes, pixels: 57_600) else { return }
        _ = log.bits(atQuantizerShift: 2, pixels: 14_400)
        _ = log.quantizerShift(forBits: 100_000, pixels: 14_400)
        _ = log.cuts(shares: [0.5, 0.9])
    }

    private static func readWords(_ text: String) {
        _ = try? ByteSize(parsing: text)
        _ = HeightCap(parsing: text)
        _ = FrameRateCap(parsing: text)
        _ = SizeWish.of(text)
        _ = Intent.of(text, hasFiles: true)
        _ = GUIWords.translate(text, exportAsked: false)
        _ = MediaFormat(fileName: text)
        let line = Redaction.line(text)
        let isHarmless = line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        precondition(isHarmless)
        precondition(!PlainText.cleaned(text).unicodeScalars.contains("\u{1B}"))
    }

    private static func readState(_ bytes: [UInt8]) {
        guard let document = try? JSONDocument(bytes) else { return }
        let state = CloudState(data: document.root)
        _ = state.draftFingerprint
        _ = state.isReadyForExport
        _ = CloudState.difference(from: CloudState(data: document.root), to: state)
        _ = Timeline(draft: document.root)
    }
}
