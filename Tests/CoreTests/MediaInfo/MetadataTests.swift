import Core
import Testing

/// What of a file's words about itself is kept.
@Suite struct MetadataTests {
    private func kept(
        _ metadata: Metadata,
        _ policy: Metadata.Policy = .private,
        limit: Int = 8_000_000
    ) -> KeptMetadata {
        var source = phoneClip()
        source.metadata = metadata
        return KeptMetadata.choose(from: source, policy: policy, limitBytes: limit)
    }

    @Test(
        "a tag is known by its name, whatever the maker calls it",
        arguments: [
            ("location", "location"), ("location-eng", "location"), ("GPSLatitude", "location"),
            ("com.apple.quicktime.location.accuracy.horizontal", "location"),
            ("GPS_DATE", "location"), ("make", "device"), ("com.android.manufacturer", "device"),
            ("com.apple.quicktime.camera.lens_model", "device"), ("serial", "device"),
            ("com.android.version", "software"), ("encoder", "software"),
            ("com.apple.quicktime.content.identifier", "identifiers"), ("ARTIST", "people"),
            ("com.apple.quicktime.author", "people"), ("comment", "descriptions"),
            ("frobnication", "frobnication"),
        ]
    )
    func removes(_ key: String, _ name: String) {
        let result = kept(Metadata(tags: [Metadata.Tag(key, "x")]))
        #expect(result.removed == [name])
        #expect(result.removedKeys == [key])
        #expect(result.kept.isEmpty)
        #expect(result.tags.isEmpty)
    }

    @Test("what is no date does not pass as one")
    func falseDate() {
        let result = kept(Metadata(tags: [Metadata.Tag("date", "in Jane's house")]))
        #expect(result.tags.isEmpty)
        #expect(result.removed == ["date"])
    }

    @Test("what a container says of itself, and which library wrote it, is no metadata")
    func mechanical() {
        let tags = [
            Metadata.Tag("major_brand", "isom"), Metadata.Tag("compatible_brands", "isom"),
            Metadata.Tag("encoder", "Lavf59.27.100"),
        ]
        for policy in Metadata.Policy.allCases {
            #expect(kept(Metadata(tags: tags), policy).isEmpty)
        }
    }

    @Test("chapters are put in order, named, and end where the next begins and where the clip ends")
    func chapters() {
        let second = 1_000_000
        let result = kept(
            Metadata(chapters: [
                .init(startMicroseconds: 30 * second, endMicroseconds: 90 * second, title: "B"),
                .init(startMicroseconds: -second, endMicroseconds: 40 * second),
                .init(startMicroseconds: 70 * second, endMicroseconds: 80 * second, title: "late"),
            ])
        )
        #expect(
            result.chapters == [
                .init(startMicroseconds: 0, endMicroseconds: 30 * second, title: "Chapter 1"),
                .init(startMicroseconds: 30 * second, endMicroseconds: 60 * second, title: "B"),
            ]
        )
        #expect(result.kept == ["3 chapters"])
    }

    @Test("words that would take more than a fiftieth of the file are left out, and that is said")
    func room() {
        let long = Metadata(
            tags: [Metadata.Tag("title", String(repeating: "x", count: 400))],
            chapters: [
                .init(startMicroseconds: 0, endMicroseconds: 1_000_000, title: "A")
            ]
        )
        let roomy = kept(long)
        #expect(roomy.kept == ["title", "a chapter"])
        #expect(roomy.estimatedBytes > 400)
        let tight = kept(long, limit: 10_000)
        #expect(tight.tags.isEmpty)
        #expect(tight.removed.contains("title"))
        #expect(tight.estimatedBytes <= 200)
    }

    @Test("a cover has to fit, and to be of a kind that MP4 has")
    func cover() {
        let small = Metadata(cover: .init(streamIndex: 2, codec: "mjpeg", bytes: 100_000))
        #expect(kept(small, .keep).cover != nil)
        #expect(kept(small, .private).removed == ["cover"])
        #expect(kept(small, .keep, limit: 1_000_000).removed == ["cover for want of room"])
        let foreign = Metadata(cover: .init(streamIndex: 2, codec: "webp", bytes: 100))
        #expect(kept(foreign, .keep).cover == nil)
    }

    @Test("a track of data is removed whatever the policy, and that is said")
    func dataTracks() {
        for policy in Metadata.Policy.allCases {
            #expect(kept(Metadata(dataTracks: ["bin_data"]), policy).removed == ["a track of data"])
        }
    }
}
