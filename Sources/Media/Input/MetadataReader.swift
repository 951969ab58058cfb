import CFFmpeg
package import Core

extension Prober {
    /// Hostile files have a million.
    private static let mostTags = 200
    private static let mostChapters = 1000

    /// What the file says of itself; its main stream may know the date where the file does not.
    ///
    /// `isSound`: that stream is all there is, and what is said of it is said of the file (Ogg).
    static func metadata(
        of demuxer: borrowing Demuxer,
        main picture: UnsafeMutablePointer<AVStream>,
        isSound: Bool = false
    ) -> Metadata {
        let context = demuxer.handle.pointer
        var tags = tags(in: context.pointee.metadata)
        if isSound {
            let known = Set(tags.map { $0.key.lowercased() } + ofTracks)
            tags += Self.tags(in: picture.pointee.metadata).filter {
                !known.contains($0.key.lowercased())
            }
        }
        if !tags.contains(where: { $0.key.lowercased() == "creation_time" }),
            let time = ToldText.read(
                "creation_time",
                of: picture.pointee.metadata,
                upTo: ToldText.longestName
            )
        {
            tags.append(Metadata.Tag("creation_time", time))
        }
        let chapters = chapters(of: demuxer)
        var cover: Metadata.Cover?
        var dataTracks: [String] = []
        for index in 0..<demuxer.streamCount {
            guard let stream = demuxer.stream(index) else { continue }
            let parameters = stream.pointee.codecpar.pointee
            if stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0 {
                guard cover == nil else { continue }
                cover = Metadata.Cover(
                    streamIndex: index,
                    codec: codecName(stream.pointee.codecpar),
                    bytes: Int(stream.pointee.attached_pic.size)
                )
            } else if parameters.codec_type == AVMEDIA_TYPE_DATA
                || parameters.codec_type == AVMEDIA_TYPE_ATTACHMENT
            {
                // An MP4's chapters are a track of text, which libavformat has read already.
                if parameters.codec_id == AV_CODEC_ID_BIN_DATA, !chapters.isEmpty { continue }
                guard dataTracks.count < mostTags else { continue }
                dataTracks.append(codecName(stream.pointee.codecpar))
            }
        }
        return Metadata(tags: tags, chapters: chapters, cover: cover, dataTracks: dataTracks)
    }

    /// What containers say of a track and not of what is heard.
    private static let ofTracks = [
        "language", "handler_name", "vendor_id", "encoder", "duration", "timecode",
    ]

    /// At most so many as a disc has.
    private static let mostSubtitles = 32

    static func subtitleTracks(_ demuxer: borrowing Demuxer) -> [SubtitleTrack] {
        var tracks: [SubtitleTrack] = []
        for index in 0..<demuxer.streamCount where tracks.count < mostSubtitles {
            guard let stream = demuxer.stream(index),
                stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE
            else { continue }
            let words = stream.pointee.metadata
            tracks.append(
                SubtitleTrack(
                    streamIndex: index,
                    codec: codecName(stream.pointee.codecpar),
                    language: ToldText.read(
                        "language",
                        of: words,
                        upTo: ToldText.longestLanguage
                    ),
                    title: ToldText.read("title", of: words, upTo: ToldText.longestName),
                    isText: Subtitles.isText(stream.pointee.codecpar.pointee.codec_id)
                )
            )
        }
        return tracks
    }

    private static func tags(in dictionary: OpaquePointer?) -> [Metadata.Tag] {
        var tags: [Metadata.Tag] = []
        var entry = av_dict_get(dictionary, "", nil, AV_DICT_IGNORE_SUFFIX)
        while let found = entry, tags.count < mostTags {
            tags.append(
                Metadata.Tag(
                    ToldText.read(found.pointee.key, upTo: ToldText.longestKey),
                    ToldText.read(found.pointee.value, upTo: ToldText.longestText)
                )
            )
            entry = av_dict_get(dictionary, "", found, AV_DICT_IGNORE_SUFFIX)
        }
        return tags
    }

    private static func chapters(of demuxer: borrowing Demuxer) -> [Metadata.Chapter] {
        let context = demuxer.handle.pointer
        let start = demuxer.startMicroseconds
        let base = av_make_q(1, 1_000_000)
        var chapters: [Metadata.Chapter] = []
        for index in 0..<min(Int(context.pointee.nb_chapters), mostChapters) {
            guard let chapter = cinch_chapter(context, Int32(index))?.pointee,
                chapter.start != cinch_no_pts, chapter.end != cinch_no_pts,
                chapter.time_base.num > 0, chapter.time_base.den > 0
            else { continue }
            chapters.append(
                Metadata.Chapter(
                    startMicroseconds: shifted(chapter.start, chapter.time_base, base, by: start),
                    endMicroseconds: shifted(chapter.end, chapter.time_base, base, by: start),
                    title: ToldText.read(
                        "title",
                        of: chapter.metadata,
                        upTo: ToldText.longestName
                    )
                )
            )
        }
        return chapters
    }

    private static func shifted(
        _ time: Int64,
        _ own: AVRational,
        _ base: AVRational,
        by start: Int64
    ) -> Int {
        let (moved, overflow) = av_rescale_q(time, own, base).subtractingReportingOverflow(start)
        return overflow ? 0 : Int(moved)
    }
}

/// What goes into an MP4 beside its tracks: tags, chapters and a cover.
package struct Trimmings: Sendable {
    var metadata: KeptMetadata
    var cover: CoverPicture?
    /// Whether the MP4 is written in fragments.
    package var isFragmented = false

    /// Nothing at all.
    package init() {
        metadata = KeptMetadata()
    }

    /// What a plan keeps of its source; a cover is read from the file.
    package init(
        _ metadata: KeptMetadata,
        of source: some Recording,
        flag: CancellationFlag
    ) throws(MediaError) {
        self.metadata = metadata
        guard let cover = metadata.cover else { return }
        let demuxer = try Demuxer(path: source.path, flag: flag)
        let picture = demuxer.stream(cover.streamIndex).flatMap(CoverPicture.init)
        // The stream is there as long as its file is open.
        if demuxer.streamCount > 0 { self.cover = picture }
    }
}

/// A cover as the source stores it.
struct CoverPicture: Sendable {
    var codec: AVCodecID
    var width: Int32
    var height: Int32
    var bytes: [UInt8]

    init?(_ stream: UnsafeMutablePointer<AVStream>) {
        let picture = stream.pointee.attached_pic
        guard let data = picture.data, picture.size > 0 else { return nil }
        codec = stream.pointee.codecpar.pointee.codec_id
        width = stream.pointee.codecpar.pointee.width
        height = stream.pointee.codecpar.pointee.height
        bytes = Array(UnsafeBufferPointer(start: data, count: Int(picture.size)))
    }
}

extension Trimmings {
    /// Puts tags and chapters into an output, before its header; the muxer's options grow with them.
    ///
    /// `seconds`: the length of the tracks, beyond which no chapter may go on.
    func describe(
        _ context: UnsafeMutablePointer<AVFormatContext>,
        seconds: Double,
        options: inout OpaquePointer?
    ) throws(MediaError) {
        for tag in metadata.tags {
            av_dict_set(&context.pointee.metadata, tag.key, tag.value, 0)
        }
        if isFragmented {
            // The header waits for the first fragment: only then are the edit lists known.
            av_dict_set(
                &options,
                "movflags",
                "+frag_keyframe+empty_moov+delay_moov+default_base_moof",
                AV_DICT_APPEND
            )
        }
        if metadata.needsFreeNames {
            av_dict_set(&options, "movflags", "+use_metadata_tags", AV_DICT_APPEND)
        }
        let end = Int(min(1e9, max(0, seconds)) * 1_000_000)
        for chapter in metadata.chapters where chapter.startMicroseconds < end {
            try MediaError.check(
                cinch_add_chapter(
                    context,
                    Int64(chapter.startMicroseconds),
                    Int64(min(end, chapter.endMicroseconds)),
                    chapter.title
                ),
                "write the chapters"
            )
        }
    }

    /// Adds a stream for the cover, after all others; it is written by `writeCover`.
    func addCover(to context: UnsafeMutablePointer<AVFormatContext>) throws(MediaError) {
        guard let cover else { return }
        guard let stream = avformat_new_stream(context, nil) else {
            throw MediaError(.memory, doing: "set up the MP4")
        }
        stream.pointee.codecpar.pointee.codec_type = AVMEDIA_TYPE_VIDEO
        stream.pointee.codecpar.pointee.codec_id = cover.codec
        stream.pointee.codecpar.pointee.width = cover.width
        stream.pointee.codecpar.pointee.height = cover.height
        stream.pointee.disposition = AV_DISPOSITION_ATTACHED_PIC
        stream.pointee.time_base = av_make_q(1, 90_000)
    }

    /// Hands the cover to the muxer, which puts it among the tags.
    func writeCover(
        to context: UnsafeMutablePointer<AVFormatContext>
    ) throws(MediaError) {
        guard let cover else { return }
        let packet = try Packet()
        try MediaError.check(
            av_new_packet(packet.pointer, Int32(clamping: cover.bytes.count)),
            "write the cover"
        )
        cover.bytes.withUnsafeBytes { bytes in
            if let from = bytes.baseAddress {
                memcpy(packet.pointer.pointee.data, from, bytes.count)
            }
        }
        packet.pointer.pointee.stream_index = Int32(clamping: context.pointee.nb_streams) - 1
        packet.pointer.pointee.pts = 0
        packet.pointer.pointee.dts = 0
        packet.pointer.pointee.flags = AV_PKT_FLAG_KEY
        try MediaError.check(av_write_frame(context, packet.pointer), "write the cover")
    }
}
