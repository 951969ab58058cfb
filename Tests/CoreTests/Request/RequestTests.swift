import Core
import SystemPackage
import Testing

/// What a person may ask for, and where the result goes.
@Suite struct RequestTests {
    @Test(
        "a height cap is read with and without its p",
        arguments: [
            ("720", HeightCap.lines(720)), ("720p", .lines(720)), ("1080P", .lines(1080)),
            ("16", .lines(16)), ("8640", .lines(8640)), ("source", .source), ("Source", .source),
            ("auto", .automatic), ("AUTO", .automatic),
        ]
    )
    func readsHeightCap(_ text: String, _ cap: HeightCap) {
        #expect(HeightCap(parsing: text) == cap)
    }

    @Test(
        "what is no height is not read",
        arguments: [
            "", "p", "15", "8641", "-720", "+720", "720pp", "720i", "7 20", "٧٢٠", "720.5", "hd",
            "99999999999999999999",
        ]
    )
    func refusesHeightCap(_ text: String) {
        #expect(HeightCap(parsing: text) == nil)
    }

    @Test(
        "a wish for the sound is read in kilobits",
        arguments: [
            ("auto", AudioWish.automatic), ("copy", .copy), ("none", .none), ("NONE", .none),
            ("96", .bitsPerSecond(96_000)), ("96k", .bitsPerSecond(96_000)),
            ("128K", .bitsPerSecond(128_000)), ("8", .bitsPerSecond(8000)),
            ("512", .bitsPerSecond(512_000)),
        ]
    )
    func readsAudioWish(_ text: String, _ wish: AudioWish) {
        #expect(AudioWish(parsing: text) == wish)
    }

    @Test(
        "what is no wish for the sound is not read",
        arguments: ["", "k", "7", "513", "-96", "96kk", "96 k", "96000", "loud", "٩٦"]
    )
    func refusesAudioWish(_ text: String) {
        #expect(AudioWish(parsing: text) == nil)
    }

    @Test(
        "without -o the result lies beside the input and is named after the target",
        arguments: [
            ("/videos/clip.mov", 8_000_000, "/videos/clip-8MB.mp4"),
            ("clip.mov", 8_388_608, "clip-8MiB.mp4"),
            ("a b/my clip.MP4", 900_000, "a b/my clip-900kB.mp4"),
            ("./x/../clip.mkv", 7_500_000, "./x/../clip-7.5MB.mp4"),
            ("/videos/archive.tar.gz", 1_000_000, "/videos/archive.tar-1MB.mp4"),
            ("/videos/noextension", 1_000_000, "/videos/noextension-1MB.mp4"),
            ("/videos/.hidden", 1_000_000, "/videos/.hidden-1MB.mp4"),
            ("-dash.mp4", 1_000_000, "-dash-1MB.mp4"),
            ("/videos/ünï-码.mp4", 8_123_456, "/videos/ünï-码-8123456B.mp4"),
        ]
    )
    func namesResult(_ input: String, _ target: Int, _ output: String) {
        let request = Request(input: FilePath(input), target: ByteSize(bytes: target))
        #expect(request.destination.string == output)
    }

    @Test("without a target the result is called small")
    func namesSmall() {
        #expect(Request(input: "/v/clip.webm").destination.string == "/v/clip-small.mp4")
    }

    @Test("a name as long as names can be is shortened for the result, between characters")
    func shortens() {
        for letter in ["x", "é", "码", "👩‍👩‍👧"] {
            let count = 251 / letter.utf8.count
            let input = FilePath("/v").appending(
                String(repeating: letter, count: count) + ".mp4"
            )
            let output = Request(input: input, target: ByteSize(bytes: 8_000_000)).destination
            let name = output.lastComponent?.string ?? ""
            #expect(name.hasSuffix("\(letter)-8MB.mp4"))
            #expect((255 - letter.utf8.count + 1...255).contains(name.utf8.count))
        }
    }

    @Test("a named output is taken as it is")
    func keepsOutput() {
        let request = Request(
            input: "/v/clip.webm",
            output: "elsewhere/out.mp4",
            target: ByteSize(bytes: 1)
        )
        #expect(request.destination.string == "elsewhere/out.mp4")
    }

    @Test("the result is never the input itself")
    func resultIsNotInput() {
        for name in ["clip.mp4", "clip-8MB.mp4", "clip-small.mp4"] {
            let input = FilePath("/v").appending(name)
            for target in [nil, ByteSize(bytes: 8_000_000)] {
                #expect(Request(input: input, target: target).destination != input)
            }
        }
    }

    @Test("each speed has a preset of its own")
    func presets() {
        #expect(Speed.allCases.map(\.preset) == ["veryfast", "medium", "slow"])
    }
}
