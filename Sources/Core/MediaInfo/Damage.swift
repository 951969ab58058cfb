/// What of a source could not be saved; all else of it is in the result.
///
/// Times are in seconds of the result, which begins where the source begins.
package struct Damage: Sendable, Equatable, Codable {
    /// A stretch of time in which something is damaged.
    package struct Span: Sendable, Equatable, Codable {
        package var startSeconds: Double
        package var endSeconds: Double

        package init(startSeconds: Double, endSeconds: Double) {
            self.startSeconds = startSeconds
            self.endSeconds = endSeconds
        }
    }

    /// What one track lost between its beginning and its end.
    package struct Loss: Sendable, Equatable, Codable {
        /// Packets that gave nothing.
        ///
        /// The picture before them stays; sound is silent.
        package var undecoded = 0
        /// Pictures that came out with their damaged parts filled from their neighbours.
        package var concealed = 0
        /// Where, in order; at most `mostSpans`, of which the last takes in what follows.
        package private(set) var spans: [Span] = []

        /// A list that can still be read.
        package static let mostSpans = 12

        package init() {}

        package var count: Int { undecoded + concealed }

        /// Takes a place in; what is less than a second from the last one is the same place.
        package mutating func add(atSeconds seconds: Double) {
            let seconds = max(0, seconds.isFinite ? min(seconds, 1e9) : 0)
            guard var last = spans.last else {
                spans.append(Span(startSeconds: seconds, endSeconds: seconds))
                return
            }
            let isNear =
                seconds > last.startSeconds - 1 && seconds < last.endSeconds + 1
            if isNear || spans.count >= Self.mostSpans {
                last.startSeconds = min(last.startSeconds, seconds)
                last.endSeconds = max(last.endSeconds, seconds)
                spans[spans.count - 1] = last
            } else {
                spans.append(Span(startSeconds: seconds, endSeconds: seconds))
            }
        }

        /// The same with another track's.
        package mutating func add(_ other: Loss) {
            undecoded += other.undecoded
            concealed += other.concealed
            let all = spans + other.spans
            spans = []
            for span in all.sorted(by: { $0.startSeconds < $1.startSeconds }) {
                add(atSeconds: span.startSeconds)
                add(atSeconds: span.endSeconds)
            }
        }

        /// The same, counted from a later beginning.
        package func moved(bySeconds shift: Double) -> Loss {
            var moved = Loss()
            moved.undecoded = undecoded
            moved.concealed = concealed
            moved.spans = spans.map {
                Span(
                    startSeconds: max(0, $0.startSeconds - shift),
                    endSeconds: max(0, $0.endSeconds - shift)
                )
            }
            return moved
        }
    }

    package var picture = Loss()
    package var sound = Loss()
    /// Seconds at the beginning for which there is no picture that could be decoded.
    package var lateSeconds = 0.0
    /// How long the file says that it is, where what is there ends earlier; else nil.
    package var statedSeconds: Double?
    /// Where the picture ends that is there; nil with `statedSeconds`.
    package var reachedSeconds: Double?
    /// Where the sound ends, if that is elsewhere.
    package var soundReachedSeconds: Double?

    /// Of a still picture: its end is missing, and stays plain.
    package var isStillCutOff = false

    package init(sound: Loss = Loss()) { self.sound = sound }

    package var isNone: Bool { self == Damage() }

    /// Seconds that are missing at the end.
    package var missingSeconds: Double {
        guard let statedSeconds, let reachedSeconds else { return 0 }
        return max(0, statedSeconds - reachedSeconds)
    }
}

extension Damage {
    /// What is missing at the beginning and less than this is a cut between keyframes, as every
    /// recording of a broadcast has one.
    package static let leastLateSeconds = 0.25

    /// Compares where a source should end with where its picture and its sound ended.
    ///
    /// One of them may be the shorter by far; players hold the last picture, or go on in silence.
    /// Headers are sloppy: a second or a twentieth short means nothing where nothing else does.
    ///
    /// `endedEarly`: whether reading ended with an error.
    package mutating func end(
        _ source: some Recording,
        pictureSeconds: Double,
        soundSeconds: Double,
        endedEarly: Bool = false
    ) {
        if let cut = source.cut {
            statedSeconds = cut.statedSeconds
            reachedSeconds = min(cut.statedSeconds, max(0, pictureSeconds))
            if let sound = cut.soundSeconds, abs(sound - pictureSeconds) > 1 {
                soundReachedSeconds = sound
            }
            return
        }
        let stated = source.durationSeconds
        let reached = max(pictureSeconds, soundSeconds)
        let tolerance = endedEarly ? 0.2 : max(1, stated * 0.05)
        guard !source.durationIsEstimated, stated - reached > tolerance else { return }
        statedSeconds = stated
        reachedSeconds = max(0, reached)
    }

    /// What was lost, in sentences for a person; empty where nothing was.
    package var sentences: [String] {
        var sentences: [String] = []
        if isStillCutOff {
            sentences.append("cut off: the end of the picture is missing, and stays plain")
        }
        if let statedSeconds, let reachedSeconds {
            let ends =
                soundReachedSeconds.map {
                    "its picture ends at \(durationText(reachedSeconds)) and its sound at "
                        + durationText($0)
                } ?? "ends at \(durationText(reachedSeconds))"
            sentences.append(
                "cut off: it says \(durationText(statedSeconds)) and \(ends); "
                    + (missingSeconds > 0.05
                        ? "\(durationText(missingSeconds)) are missing" : "the rest is missing")
            )
        }
        if lateSeconds > 0 {
            sentences.append(
                "its first \(durationText(lateSeconds)) have no picture that can be decoded: "
                    + "the first one that can is shown"
            )
        }
        if picture.undecoded > 0 {
            sentences.append(
                count(picture.undecoded, "picture") + " could not be decoded: the one before stays"
                    + (picture.concealed > 0 ? "" : places(picture))
            )
        }
        if picture.concealed > 0 {
            sentences.append(
                count(picture.concealed, "damaged picture")
                    + " filled from what is around the damage" + places(picture)
            )
        }
        if sound.count > 0 {
            sentences.append(
                count(sound.count, "piece") + " of sound could not be decoded" + places(sound)
            )
        }
        return sentences
    }

    private func count(_ number: Int, _ thing: String) -> String {
        number == 1 ? "1 \(thing)" : "\(ByteSize.grouped(number)) \(thing)s"
    }

    /// `, at 0:03 and 1:20–1:24`.
    private func places(_ loss: Loss) -> String {
        guard !loss.spans.isEmpty else { return "" }
        let texts = loss.spans.map { span in
            let start = clockText(span.startSeconds)
            let end = clockText(span.endSeconds)
            return start == end ? start : "\(start)–\(end)"
        }
        let all = texts.dropLast().joined(separator: ", ")
        return ", at " + (all.isEmpty ? "" : all + " and ") + (texts.last ?? "")
    }

    private func clockText(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
        return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }
}

extension Source {
    /// How a file is cut off that says in its index how far it should go.
    package struct Cut: Hashable, Codable, Sendable {
        /// How long it says that it is.
        package var statedSeconds: Double
        /// Up to which byte its index goes.
        package var statedBytes: Int
        /// Where the picture ends that is there.
        package var pictureSeconds: Double
        /// Where the sound ends that is there; nil where there never was any.
        package var soundSeconds: Double?

        package init(
            statedSeconds: Double,
            statedBytes: Int,
            pictureSeconds: Double,
            soundSeconds: Double? = nil
        ) {
            self.statedSeconds = statedSeconds
            self.statedBytes = statedBytes
            self.pictureSeconds = pictureSeconds
            self.soundSeconds = soundSeconds
        }

        /// How long what is there lasts.
        package var durationSeconds: Double {
            max(0.001, pictureSeconds, soundSeconds ?? pictureSeconds)
        }
    }
}
