/// What videos and sounds have in common: a length, tracks to hear, and what they say of themselves.
package protocol Recording: Sendable {
    var path: String { get }
    var bytes: Int { get set }
    /// libav's short name of the container.
    var container: String { get }
    /// Presentation time from the first to the last sample, in seconds.
    var durationSeconds: Double { get set }
    /// True where the container states no length.
    var durationIsEstimated: Bool { get }
    /// Presentation time of the earliest sample in the container's own time; the result begins at 0.
    var startMicroseconds: Int { get set }
    /// In the order of preference: the first is the one that is kept.
    var audio: [AudioTrack] { get set }
    var metadata: Metadata { get set }
    /// How it is cut off, where its own index goes on beyond its end.
    var cut: Source.Cut? { get set }
    /// Which part of the file it is; nil for all of it.
    var part: Part? { get set }
    /// The same with nothing that anybody called its tracks; their languages say which to choose.
    var withoutTrackNames: Self { get }
    /// Whether anybody called its tracks anything.
    var hasTrackNames: Bool { get }
}

extension Recording {
    /// How much of it is there where it is cut off, in a sentence for a person.
    var whatIsCutOff: String? {
        cut.map { cut in
            "the file is cut off: of \(durationText(cut.statedSeconds)) it says it has, "
                + "\(durationText(durationSeconds)) are there"
        }
    }
}

extension Source: Recording {
    package var withoutTrackNames: Source {
        var nameless = self
        for index in audio.indices { nameless.audio[index].title = nil }
        for index in subtitles.indices { nameless.subtitles[index].title = nil }
        return nameless
    }

    package var hasTrackNames: Bool {
        audio.contains { $0.title != nil } || subtitles.contains { $0.title != nil }
    }
}

/// Facts about a file that is heard and not seen: what a probe yields and a plan starts from.
package struct SoundSource: Recording, Hashable, Codable {
    package var path: String
    package var bytes: Int
    /// libav's short name of the container, as in `mp3`.
    package var container: String
    package var durationSeconds: Double
    package var durationIsEstimated: Bool
    package var startMicroseconds: Int
    /// In the order of preference: the first is the one that is kept.
    package var audio: [AudioTrack]
    /// With a cover, where a picture is attached.
    package var metadata: Metadata
    /// Its `pictureSeconds` are those of the sound that is kept.
    package var cut: Source.Cut?
    package var part: Part?

    package init(
        path: String,
        bytes: Int,
        container: String,
        durationSeconds: Double,
        durationIsEstimated: Bool = false,
        startMicroseconds: Int = 0,
        audio: [AudioTrack],
        metadata: Metadata = Metadata(),
        cut: Source.Cut? = nil
    ) {
        self.path = path
        self.bytes = bytes
        self.container = container
        self.durationSeconds = durationSeconds
        self.durationIsEstimated = durationIsEstimated
        self.startMicroseconds = startMicroseconds
        self.audio = audio
        self.metadata = metadata
        self.cut = cut
    }

    /// The sound of a video alone, which may begin later and end earlier than its picture.
    package init(of video: Source) {
        self.init(
            path: video.path,
            bytes: video.bytes,
            container: video.container,
            durationSeconds: video.durationSeconds,
            durationIsEstimated: true,
            startMicroseconds: video.startMicroseconds,
            audio: video.audio,
            metadata: video.metadata,
            cut: video.cut.map { cut in
                var cut = cut
                cut.pictureSeconds = cut.soundSeconds ?? 0
                return cut
            }
        )
        part = video.part
    }

    package var withoutTrackNames: SoundSource {
        var nameless = self
        for index in audio.indices { nameless.audio[index].title = nil }
        return nameless
    }

    package var hasTrackNames: Bool { audio.contains { $0.title != nil } }
}
