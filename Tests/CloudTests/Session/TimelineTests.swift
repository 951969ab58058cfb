import Testing

@testable import Cloud

@Suite struct TimelineTests {
    private func value(_ text: String) throws -> JSONValue {
        try JSONDocument(Array(text.utf8)).root
    }

    private func timeline(_ draft: String) throws -> Timeline {
        try #require(Timeline(draft: try value(draft)))
    }

    private let example = #"""
        {"t":[{"tt":0,"sg":[{"d":10000,"n":"city timelapse"}]},
              {"tt":1,"sg":[{"s":0,"d":10000,"name":"Lo-fi","vol":0.35}]},
              {"tt":7,"sg":[{"d":3000,"m":{"text":"Urban Dreams"}}]}],
         "d":10000,"m":{"title":"demo","width":1920,"height":1080}}
        """#

    @Test("the line of tracks has the briefs' exact form")
    func summary() throws {
        let timeline = try timeline(example)
        #expect(
            timeline.summary
                == #"Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)"#
        )
        #expect(timeline.isReadyForExport)
        #expect(timeline.title == "demo")
        #expect(timeline.duration == 10_000)
        #expect(timeline.width == 1920 && timeline.height == 1080)
    }

    @Test("a draft with the documented keys alone still gives a line")
    func documentedKeysOnly() throws {
        let draft =
            #"{"t":[{"tt":0,"sg":[{"d":10000}]},{"tt":1,"sg":[]},{"tt":9,"sg":[{"d":333}]}]}"#
        #expect(
            try timeline(draft).summary
                == "Timeline (3 tracks): 1. Video (0-10s) 2. BGM (empty) 3. Other (0-0.33s)"
        )
        #expect(
            try timeline(#"{"t":[{"tt":0,"sg":[{}]}]}"#).summary == "Timeline (1 track): 1. Video"
        )
        #expect(try timeline(#"{"t":[]}"#).summary == "Timeline (0 tracks)")
    }

    @Test(
        "a segment's place is found under every guessed name, else after the one before",
        arguments: ["s", "st", "start", "startTime", "start_time", "ts"]
    )
    func starts(key: String) throws {
        let track = try timeline(
            #"{"t":[{"tt":7,"sg":[{"d":1000},{"\#(key)":5000,"d":1500},{"d":500}]}]}"#
        ).tracks[0]
        #expect(track.segments.map(\.start) == [0, 5000, 6500])
        #expect(track.segments.map(\.end) == [1000, 6500, 7000])
    }

    @Test("several segments are named in a few words, and what is long is cut")
    func manySegments() throws {
        let names = ["a", "b", "b", "c", "d"].map { #"{"d":1000,"name":"\#($0)"}"# }
        let track = try timeline(#"{"t":[{"tt":0,"sg":[\#(names.joined(separator: ","))]}]}"#)
        #expect(track.summary == "Timeline (1 track): 1. Video: a, b +2 more (0-5s)")
        let long = String(repeating: "字", count: 100)
        let title = try timeline(#"{"t":[{"tt":7,"sg":[{"d":1,"text":"\#(long)"}]}]}"#)
        #expect(title.tracks[0].label?.count == 62)
        #expect(title.tracks[0].segments[0].name?.count == 100)
    }

    @Test("names are cleaned, taken from a file's address if there is no other")
    func names() throws {
        let draft = #"""
            {"t":[{"tt":0,"sg":[{"d":1,"src":"https://cdn/x/my%20clip.mp4?sig=secret"}]},
                  {"tt":7,"sg":[{"d":1,"content":"two\nlines\u001b[31m","n":"id_7"}]}]}
            """#
        #expect(try timeline(draft).tracks.map(\.label) == ["my clip.mp4", #""two lines""#])
    }

    @Test(
        "a volume is a percentage, written as a share or as percent",
        arguments: [
            ("0.35", 35), ("35", 35), ("1", 100), ("1.5", 150), ("0", 0), ("\"0.5\"", 50),
            ("-1", nil), ("\"loud\"", nil),
        ] as [(String, Int?)]
    )
    func volumes(text: String, expected: Int?) throws {
        let track = try timeline(#"{"t":[{"tt":"1","sg":[{"d":1,"m":{"v":\#(text)}}]}]}"#).tracks[0]
        #expect(track.kind == .audio)
        #expect(track.volume == expected)
    }

    @Test("numbers that are no times are left out")
    func badNumbers() throws {
        let draft = #"{"t":[{"tt":0,"sg":[{"s":-5,"d":1e300},{"s":"x","d":null}]}],"d":-1}"#
        let timeline = try timeline(draft)
        #expect(timeline.tracks[0].span == nil)
        #expect(timeline.duration == nil)
        #expect(timeline.isReadyForExport)
    }

    @Test(
        "what is no draft is no timeline",
        arguments: ["null", "{}", "[]", "7", "\"\"", "\"<draft/>\"", "\"{}\"", "\"{\""]
    )
    func noDraft(text: String) throws {
        #expect(Timeline(draft: try value(text)) == nil)
    }

    @Test("a draft of unexpected shapes is read as far as it goes, without crashing")
    func oddShapes() throws {
        for draft in [
            #"{"t":{}}"#, #"{"t":[1,null,"x",[],{}]}"#, #"{"t":[{"tt":{},"sg":{"a":1}}]}"#,
            #"{"t":[{"tt":0,"sg":[1,[],null]}],"m":[],"d":"x"}"#,
        ] {
            let timeline = try timeline(draft)
            _ = timeline.summary
            #expect(timeline.tracks.allSatisfy { $0.span == nil || $0.segments.count == 3 })
        }
    }

    @Test("ready for export is a track with a segment")
    func ready() throws {
        #expect(try !timeline(#"{"t":[]}"#).isReadyForExport)
        #expect(try !timeline(#"{"t":[{"tt":0,"sg":[]}]}"#).isReadyForExport)
        #expect(try !timeline(#"{"d":5}"#).isReadyForExport)
        #expect(try timeline(#"{"t":[{"tt":0,"sg":[]},{"sg":[{}]}]}"#).isReadyForExport)
    }

    @Test("seconds have no needless decimals")
    func seconds() {
        let texts = [0, 4, 5, 10, 2500, 2505, 10_000, 61_230].map { Timeline.seconds($0) }
        #expect(texts == ["0", "0", "0.01", "0.01", "2.5", "2.51", "10", "61.23"])
    }

    @Test("the fingerprint changes with the draft, not with its spelling")
    func fingerprint() throws {
        let spelt = try timeline(#"{ "d":1e4, "t":[{"sg":[],"tt":0}] }"#)
        #expect(
            try timeline(#"{"t":[{"tt":0,"sg":[]}],"d":10000}"#).fingerprint == spelt.fingerprint
        )
        #expect(
            try timeline(#"{"t":[{"tt":0,"sg":[]}],"d":10001}"#).fingerprint != spelt.fingerprint
        )
        #expect(Fingerprint.of("".utf8) == "cbf29ce484222325")
        #expect(Fingerprint.of("a".utf8) == "af63dc4c8601ec8c")
    }

    private func difference(_ old: String?, _ new: String?) throws -> [String] {
        Timeline.difference(from: try old.map(timeline), to: try new.map(timeline))
    }

    @Test("what was added and removed is told with its times")
    func addedAndRemoved() throws {
        #expect(
            try difference(nil, example) == [
                "Added a video track: city timelapse (0-10s).", "Added music: Lo-fi (0-10s, 35%).",
                #"Added a title: "Urban Dreams" (0-3s)."#,
            ]
        )
        let without = #"{"t":[{"tt":0,"sg":[{"d":10000,"n":"city timelapse"}]}],"d":10000}"#
        #expect(
            try difference(example, without) == [
                "Removed music: Lo-fi (0-10s, 35%).", #"Removed a title: "Urban Dreams" (0-3s)."#,
            ]
        )
        #expect(try difference(example, nil) == ["The timeline is empty now."])
        #expect(try difference(nil, nil) == [])
        #expect(try difference(example, example) == [])
    }

    @Test("what was changed on a track is told, the old value too")
    func changed() throws {
        func draft(_ tracks: String, more: String = "") -> String { #"{"t":[\#(tracks)]\#(more)}"# }
        let clip = #"{"tt":0,"sg":[{"d":10000,"n":"a"}]}"#
        #expect(
            try difference(draft(clip), draft(#"{"tt":0,"sg":[{"d":8000,"n":"a"}]}"#))
                == ["The video now runs 0-8s instead of 0-10s."]
        )
        #expect(
            try difference(
                draft(clip),
                draft(#"{"tt":0,"sg":[{"d":5000,"n":"a"},{"d":5000,"n":"a"}]}"#)
            )
                == ["The video now has 2 pieces instead of 1."]
        )
        let music = #"{"tt":1,"sg":[{"d":1000,"n":"x","v":50}]}"#
        #expect(
            try difference(draft(music), draft(#"{"tt":1,"sg":[{"d":1000,"n":"y","v":35}]}"#))
                == ["The music is now y instead of x.", "The music is now at 35% instead of 50%."]
        )
        let titles = #"{"tt":7,"sg":[{"d":1,"text":"A"}]},{"tt":7,"sg":[{"d":1,"text":"B"}]}"#
        #expect(
            try difference(draft(titles), draft(#"{"tt":7,"sg":[{"d":1,"text":"B"}]}"#))
                == [#"Removed a title: "A" (0-0s)."#]
        )
        #expect(
            try difference(
                draft(#"{"tt":7,"sg":[{"d":9,"text":"A"}]}"#),
                draft(#"{"tt":7,"sg":[{"d":9,"text":"C"}]}"#)
            ) == [#"The title now reads "C" instead of "A"."#]
        )
        #expect(
            try difference(draft(clip, more: #","d":1000"#), draft(clip, more: #","d":2500"#))
                == ["The project is now 2.5 s long instead of 1 s."]
        )
    }

    @Test("subtitles are the words of text tracks with their times, in order")
    func subtitles() throws {
        let draft = #"""
            {"t":[{"tt":0,"sg":[{"d":1,"n":"clip"}]},
              {"tt":7,"sg":[{"s":3661001,"d":1999,"text":"Last <b> & --> end"},{"d":5}]},
              {"tt":7,"sg":[{"s":500,"d":1000,"m":{"text":"第一句"}}]}]}
            """#
        let subtitles = Subtitles(of: try timeline(draft))
        #expect(
            subtitles.srt == """
                1
                00:00:00,500 --> 00:00:01,500
                第一句

                2
                01:01:01,001 --> 01:01:03,000
                Last <b> & --> end

                """
        )
        #expect(
            subtitles.vtt == """
                WEBVTT

                00:00:00.500 --> 00:00:01.500
                第一句

                01:01:01.001 --> 01:01:03.000
                Last &lt;b&gt; &amp; --&gt; end

                """
        )
        #expect(Subtitles(of: try timeline(#"{"t":[{"tt":0,"sg":[{"d":1}]}]}"#)).cues.isEmpty)
    }
}
