/// What of a file's metadata goes into the result, and what the receipt says of the rest.
package struct KeptMetadata: Hashable, Codable, Sendable {
    package var policy: Metadata.Policy
    package var tags: [Metadata.Tag]
    package var chapters: [Metadata.Chapter]
    package var cover: Metadata.Cover?
    /// For a person: `title`, `3 chapters`.
    package var kept: [String]
    /// For a person: `location`, `device`; never what they said.
    package var removed: [String]
    /// The source's own names of the tags that were removed.
    package var removedKeys: [String]

    package init(
        policy: Metadata.Policy = .private,
        tags: [Metadata.Tag] = [],
        chapters: [Metadata.Chapter] = [],
        cover: Metadata.Cover? = nil,
        kept: [String] = [],
        removed: [String] = [],
        removedKeys: [String] = []
    ) {
        self.policy = policy
        self.tags = tags
        self.chapters = chapters
        self.cover = cover
        self.kept = kept
        self.removed = removed
        self.removedKeys = removedKeys
    }

    /// Whether there was nothing to keep or to remove.
    package var isEmpty: Bool { kept.isEmpty && removed.isEmpty }

    /// About what it adds to an MP4; a run asks the muxer itself.
    package var estimatedBytes: Int {
        let texts = tags.reduce(0) { $0 + Self.bytes(of: $1) }
        return (tags.isEmpty ? 0 : 120) + texts + Self.bytes(of: chapters) + (cover?.bytes ?? 0)
    }

    private static func bytes(of tag: Metadata.Tag) -> Int {
        40 + tag.key.utf8.count + tag.value.utf8.count
    }

    /// Chapters are written twice, as a list and as a track of text.
    private static func bytes(of chapters: [Metadata.Chapter]) -> Int {
        chapters.reduce(chapters.isEmpty ? 0 : 700) { $0 + 50 + 2 * ($1.title?.utf8.count ?? 10) }
    }

    /// Whether a tag has no place of its own in an MP4, so that all are written under free names.
    package var needsFreeNames: Bool {
        tags.contains { !Self.places.contains($0.key.lowercased()) }
    }

    // movenc.c, mov_write_ilst_tag and mov_write_loci_tag; the creation time has a field.
    private static let places: Set<String> = [
        "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre",
        "copyright", "grouping", "lyrics", "description", "synopsis", "show", "episode_id",
        "network", "keywords", "creation_time", "location", "track", "disc", "compilation",
    ]
}

extension KeptMetadata {
    /// The share of a limit that metadata may take: what it was asked for is the picture.
    private static let share = 50
    /// Of which a cover may take more.
    private static let coverShare = 20
    private static let soundCoverShare = 10
    /// More is no list of chapters, and no title.
    private static let mostChapters = 255
    private static let longestText = 4096

    /// What names a piece of music: without it nobody finds the song.
    private static let namesOfMusic: Set<String> = [
        "artist", "album", "album_artist", "composer", "track", "disc", "genre", "compilation",
    ]

    /// Chooses by the policy, and by what a file of `limitBytes` has room for.
    ///
    /// Parameters:
    ///   - sparedBytes: what the limit leaves in any case.
    ///   - isSound: the result is sound alone: what names it stays, its cover too, and tags that music
    ///     players do not read go.
    package static func choose(
        from source: some Recording,
        policy: Metadata.Policy,
        limitBytes: Int,
        sparedBytes: Int = 0,
        isSound: Bool = false
    ) -> KeptMetadata {
        let metadata = source.metadata
        var result = KeptMetadata(policy: policy)
        var room = limitBytes / share

        func take(_ tag: Metadata.Tag) -> Bool {
            let bytes = bytes(of: tag)
            guard bytes <= room, tag.value.utf8.count <= longestText else { return false }
            room -= bytes
            result.tags.append(tag)
            return true
        }

        // The creation time has a field in every MP4: it costs nothing.
        var isDated = false
        if policy != .none, let time = metadata.creationTime {
            result.tags.append(Metadata.Tag("creation_time", time))
            isDated = true
        }
        var names = Names()
        switch policy {
        case .none: break
        case .private:
            let hasTitle = metadata.title.map { take(Metadata.Tag("title", $0)) } == true
            if let date = metadata.date { isDated = take(Metadata.Tag("date", date)) || isDated }
            for tag in metadata.telling {
                switch Metadata.kind(of: tag.key) {
                case .title where hasTitle, .date where isDated: names.keep(tag)
                case _ where isSound && namesOfMusic.contains(tag.key.lowercased()) && take(tag):
                    names.keep(tag, byKey: true)
                default: names.remove(tag)
                }
            }
        case .keep:
            for tag in metadata.telling where tag.key != "creation_time" {
                if isRepeated(tag, in: metadata.tags) { continue }
                // What wrote the file did not write this one; and the muxer insists.
                let key = tag.key.lowercased()
                if key != "encoder", !isSound || places.contains(key), take(tag) {
                    names.keep(tag, byKey: isSound)
                } else {
                    names.remove(tag)
                }
            }
            if isDated { names.keep(Metadata.Tag("creation_time", "")) }
        }
        if policy == .none { for tag in metadata.telling { names.remove(tag) } }
        result.kept = Names.told(names.kept)
        result.removed = Names.told(names.removed)
        result.removedKeys = names.removedKeys

        result.takeChapters(of: source, room: room)
        result.takeCover(
            of: metadata,
            // To a song it belongs; a film is better off with the bytes.
            isWanted: policy == .keep || isSound && policy == .private,
            roomBytes: max(sparedBytes, limitBytes / (isSound ? soundCoverShare : coverShare))
        )
        if policy == .none, source.hasTrackNames {
            result.removed.append("names of tracks")
        }
        let tracks = metadata.dataTracks.count
        if tracks > 0 {
            result.removed.append(tracks == 1 ? "a track of data" : "\(tracks) tracks of data")
        }
        return result
    }

    /// The demuxer gives a text in a language twice: `location-eng` is `location`.
    private static func isRepeated(_ tag: Metadata.Tag, in tags: [Metadata.Tag]) -> Bool {
        let parts = tag.key.split(separator: "-")
        guard parts.count == 2, parts[1].count == 3 else { return false }
        return tags.contains { $0.key == parts[0] && $0.value == tag.value }
    }

    private mutating func takeChapters(of source: some Recording, room: Int) {
        let all = source.metadata.chapters
        guard !all.isEmpty else { return }
        let text = all.count == 1 ? "a chapter" : "\(all.count) chapters"
        let named = Self.orderly(all, source: source)
        if policy != .none, !named.isEmpty, named.count <= Self.mostChapters,
            Self.bytes(of: named) <= room
        {
            chapters = named
            kept.append(text)
        } else {
            removed.append(policy == .none ? text : text + " for want of room")
        }
    }

    /// In order, each with a name, none beyond the next one's start or the end.
    private static func orderly(
        _ all: [Metadata.Chapter],
        source: some Recording
    ) -> [Metadata.Chapter] {
        let end =
            source.durationIsEstimated
            ? Int.max : Int(min(1e9, max(0, source.durationSeconds)) * 1_000_000)
        var list: [Metadata.Chapter] = []
        for var chapter in all.sorted(by: { $0.startMicroseconds < $1.startMicroseconds }) {
            chapter.startMicroseconds = max(0, chapter.startMicroseconds)
            chapter.endMicroseconds = min(max(0, chapter.endMicroseconds), end)
            guard chapter.endMicroseconds - chapter.startMicroseconds >= 1000 else { continue }
            if let last = list.last {
                guard last.startMicroseconds < chapter.startMicroseconds else { continue }
                list[list.count - 1].endMicroseconds = min(
                    last.endMicroseconds,
                    chapter.startMicroseconds
                )
            }
            let own = chapter.title.map { String($0.prefix(200)) } ?? ""
            chapter.title = own.isEmpty ? "Chapter \(list.count + 1)" : own
            list.append(chapter)
        }
        return list
    }

    private mutating func takeCover(
        of metadata: Metadata,
        isWanted: Bool,
        roomBytes: Int
    ) {
        guard let found = metadata.cover else { return }
        guard isWanted else {
            removed.append("cover")
            return
        }
        if !["mjpeg", "png", "bmp"].contains(found.codec) {
            removed.append("cover, which MP4 cannot hold as \(found.codec)")
        } else if found.bytes > roomBytes {
            removed.append("cover for want of room")
        } else if needsFreeNames {
            // MP4 has covers in the one list, and free names in the other.
            removed.append("cover, which MP4 cannot hold beside such tags")
        } else {
            cover = found
            kept.append("cover")
        }
    }

    /// Names for a person, each once, in the order of the source.
    private struct Names {
        var kept: [String] = []
        var removed: [String] = []
        var removedKeys: [String] = []

        mutating func keep(_ tag: Metadata.Tag, byKey: Bool = false) {
            let name = byKey ? tag.key.lowercased().replacing("_", with: " ") : name(tag)
            if !kept.contains(name) { kept.append(name) }
        }

        mutating func remove(_ tag: Metadata.Tag) {
            let name = name(tag)
            if !removed.contains(name) { removed.append(name) }
            if !removedKeys.contains(tag.key) { removedKeys.append(tag.key) }
        }

        /// More names than this are counted: no person wrote so many.
        private static let mostTold = 24

        static func told(_ names: [String]) -> [String] {
            guard names.count > mostTold else { return names }
            let rest = names.count - mostTold + 1
            return names.prefix(mostTold - 1) + ["\(rest) other names"]
        }

        private func name(_ tag: Metadata.Tag) -> String {
            let kind = Metadata.kind(of: tag.key)
            return kind == .other ? String(tag.key.prefix(40)) : kind.rawValue
        }
    }
}
