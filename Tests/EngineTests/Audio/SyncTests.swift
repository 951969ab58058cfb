import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Sound stays in step with the picture and each frame keeps its time, as ffmpeg decodes source and result.
@Suite(.enabled(if: FFmpeg.isInstalled), .timeLimit(.minutes(10))) struct SyncTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var name: String
        var clip: FlashAndBeep
        /// How many flashes and beeps are in it.
        var flashes = 3
        var beeps = 3
        /// How far its own sound is from its own picture.
        var ownSkew = 0.006
    }

    static let aac = ["-c:v", "libx264", "-crf", "10", "-bf", "3", "-c:a", "aac", "-b:a", "160k"]
    static let wave = ["-c:v", "libx264", "-crf", "10", "-bf", "3", "-c:a", "pcm_s16le"]
    static let transport = ["-c:v", "libx264", "-crf", "10", "-g", "25", "-c:a", "aac"]
    static let instants = "lt(mod(t,2.6)-0.4,0.001)*gt(mod(t,2.6)-0.4,-0.001)"

    static let examples = [
        Example(
            testDescription: "an MP4 with B-frames and AAC's priming",
            name: "in.mp4",
            clip: FlashAndBeep(aac)
        ),
        Example(
            testDescription: "a variable frame rate in MP4",
            name: "in.mp4",
            clip: FlashAndBeep(rate: 50, picture: "select='lt(mod(n*7,10),6)+\(instants)'", aac)
        ),
        Example(
            testDescription: "a Matroska that starts at ten seconds",
            name: "in.mkv",
            clip: FlashAndBeep(aac + ["-output_ts_offset", "10"])
        ),
        Example(
            testDescription: "a transport stream that starts after an hour",
            name: "in.ts",
            clip: FlashAndBeep(transport + ["-output_ts_offset", "3600"])
        ),
        Example(
            testDescription: "a transport stream whose 33-bit clock begins again in the middle",
            name: "in.ts",
            clip: FlashAndBeep(transport + ["-output_ts_offset", "95440.3"])
        ),
        Example(
            testDescription: "a Matroska whose first times are below zero",
            name: "in.mkv",
            clip: FlashAndBeep(aac + ["-avoid_negative_ts", "disabled"])
        ),
        Example(
            testDescription: "an edit list that begins in the middle of a group of pictures",
            name: "in.mp4",
            clip: FlashAndBeep(aac, copy: ["-ss", "1.2"]),
            flashes: 2,
            beeps: 2,
            ownSkew: 0.03
        ),
        Example(
            testDescription: "an edit list that delays the picture",
            name: "in.mp4",
            clip: FlashAndBeep(picture: "trim=start=0.8", aac),
            flashes: 2
        ),
        Example(
            testDescription: "an edit list that delays the sound",
            name: "in.mp4",
            clip: FlashAndBeep(sound: "atrim=start=2.5", aac),
            beeps: 2
        ),
        Example(
            testDescription: "sound that begins in the middle of a Matroska",
            name: "in.mkv",
            clip: FlashAndBeep(sound: "atrim=start=2.5", wave),
            beeps: 2
        ),
        Example(
            testDescription: "a gap of a second and a half in both",
            name: "in.mkv",
            clip: FlashAndBeep(
                picture: "setpts='if(gt(T,1.99),PTS+1.52/TB,PTS)'",
                sound: "asetpts='if(gt(T,1.99),PTS+1.52/TB,PTS)'",
                wave
            )
        ),
        Example(
            testDescription: "a second that is missing in the sound alone",
            name: "in.mkv",
            clip: FlashAndBeep(sound: "aselect='not(between(t,1,1.995))'", wave)
        ),
        Example(
            testDescription: "forty milliseconds that are missing twice in the sound",
            name: "in.mkv",
            clip: FlashAndBeep(
                sound: "aselect='not(between(t,1,1.035)+between(t,2,2.035))'",
                wave
            )
        ),
        Example(
            testDescription: "a recorder whose clock of the sound is half a per cent slow",
            name: "in.mkv",
            clip: FlashAndBeep(sound: "asetpts=PTS*1.005", wave),
            ownSkew: 0.03
        ),
        Example(
            testDescription: "mono Opus in Matroska",
            name: "in.mkv",
            clip: FlashAndBeep(
                layout: "mono",
                ["-c:v", "libvpx", "-b:v", "2M", "-c:a", "libopus"]
            ),
            ownSkew: 0.01
        ),
        Example(
            testDescription: "mono Vorbis of 44.1 kHz in WebM",
            name: "in.webm",
            clip: FlashAndBeep(
                sampleRate: 44_100,
                layout: "mono",
                ["-c:v", "libvpx", "-b:v", "2M", "-c:a", "libvorbis"]
            )
        ),
        Example(
            testDescription: "mono MP3 of 44.1 kHz in AVI",
            name: "in.avi",
            clip: FlashAndBeep(
                sampleRate: 44_100,
                layout: "mono",
                ["-c:v", "mpeg4", "-q:v", "2", "-c:a", "libmp3lame"]
            ),
            // The encoder's delay, of which AVI knows nothing.
            ownSkew: 0.06
        ),
        Example(
            testDescription: "B-frames in AVI, which has no times of frames",
            name: "in.avi",
            clip: FlashAndBeep(["-c:v", "libx264", "-crf", "10", "-bf", "2", "-c:a", "pcm_s16le"]),
            ownSkew: 0.09
        ),
    ]

    @Test(
        "sound is within 20 ms of its picture at the start, in the middle and at the end",
        arguments: examples
    )
    func inStep(_ example: Example) async throws {
        let run = try Run(folder: Folder(), name: example.name) { try example.clip.write(to: $0) }
        let source = try FlashAndBeep.witnessed(run.input)
        try #require(source.flashes.count == example.flashes, "\(source)")
        try #require(source.beeps.count == example.beeps, "\(source)")
        for skew in skews(source) { #expect(abs(skew) < example.ownSkew, "\(source)") }
        // Below its size it is encoded; where it plays everywhere and fits, it is copied.
        for share in [0.5, 1.3] {
            let target = Int(Double(run.input.byteCount) * share)
            let report = try await run.perform(run.request(to: target, overwrites: true))
            let result = try FlashAndBeep.witnessed(run.output)
            #expect(abs(try FFprobe.startSeconds(run.output)) < 0.001)
            try #require(result.flashes.count == source.flashes.count, "\(source) \(result)")
            try #require(result.beeps.count == source.beeps.count, "\(source) \(result)")
            let half = 0.5 / report.frameRate + 0.001
            for (own, kept) in zip(source.flashes, result.flashes) {
                #expect(abs(own - kept) <= half, "\(report.method): \(source) became \(result)")
            }
            for (own, kept) in zip(skews(source), skews(result)) {
                #expect(abs(own - kept) <= 0.02, "\(report.method): \(source) became \(result)")
            }
        }
    }

    /// How much later than its flash each beep is; for those that have both.
    private func skews(_ seen: (flashes: [Double], beeps: [Double])) -> [Double] {
        seen.flashes.compactMap { flash in
            seen.beeps.map { $0 - flash }.filter { abs($0) < 0.5 }.min { abs($0) < abs($1) }
        }
    }

    // MARK: - Every frame at its time

    struct Pace: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var name = "in.mkv"
        var rate = 30
        /// Filters of ffmpeg's that move times or drop frames.
        var filter: String
        var options: [String] = []
        var cap = FrameRateCap.automatic
    }

    static let paces = [
        Pace(
            testDescription: "a phone that drops every third frame or so",
            filter: "select='gt(mod(n*5,7),1)'"
        ),
        Pace(
            testDescription: "a screen recorder whose frames come when something moves",
            filter: "setpts='(N*N/28+N*2)/30/TB'"
        ),
        Pace(
            testDescription: "times that tremble by 8 ms",
            filter: "settb=1/1000,setpts='PTS+(mod(N*7,5)-2)*0.004/TB'",
            options: ["-enc_time_base", "1:1000"]
        ),
        Pace(
            testDescription: "a gap of four tenths of a second",
            name: "in.mp4",
            filter: "setpts='if(gt(N,15),PTS+0.4/TB,PTS)'"
        ),
        Pace(
            testDescription: "a start at ten seconds in a transport stream",
            name: "in.ts",
            filter: "select='gt(mod(n*3,5),0)'",
            options: ["-output_ts_offset", "10"]
        ),
        Pace(
            testDescription: "a 33-bit clock that begins again",
            name: "in.ts",
            filter: "null",
            options: ["-output_ts_offset", "95442.5"]
        ),
        Pace(
            testDescription: "120 frames a second, of which every second stays",
            rate: 120,
            filter: "null"
        ),
        Pace(
            testDescription: "50 frames a second, of which 30 were asked for",
            rate: 50,
            filter: "null",
            cap: .perSecond(Rational(30, 1))
        ),
    ]

    @Test(
        "every frame that is shown is within half a frame interval of its own time",
        arguments: paces
    )
    func frameTimes(_ pace: Pace) async throws {
        let run = try Run(folder: Folder(), name: pace.name) { path in
            // Each frame has a shade of its own on the left, and noise beside it to lose bytes on.
            let paint = "geq=lum='if(lt(X,96),20+5*N,random(1)*235)':cb=128:cr=128"
            let codec =
                pace.name == "in.ts"
                ? ["-c:v", "mpeg2video", "-q:v", "2"] : ["-c:v", "libx264", "-crf", "8"]
            try FFmpeg.make(
                "color=gray:s=160x96:r=\(pace.rate),trim=end_frame=43,\(paint),\(pace.filter)",
                ["-fps_mode", "passthrough", "-pix_fmt", "yuv420p"] + codec + pace.options,
                at: path
            )
        }
        let part = "64:64:16:16"
        let source = try FFmpeg.shown(run.input, part: part)
        try #require(source.count > 25)
        let report = try await run.perform(
            run.request(to: run.input.byteCount / 2, frameRateCap: pace.cap)
        )
        let result = try FFmpeg.shown(run.output, part: part)
        var lastShade = -1
        var shown = 0
        for frame in result {
            let shade = source.indices.min {
                abs(source[$0].luma - frame.luma) < abs(source[$1].luma - frame.luma)
            }
            guard let shade, shade != lastShade else { continue }
            #expect(shade > lastShade, "frames out of order")
            lastShade = shade
            shown += 1
            let off = frame.seconds - source[shade].seconds
            #expect(abs(off) <= 0.5 / report.frameRate + 0.001, "frame \(shade) is off by \(off) s")
        }
        // None is missing but those for which there is no room at the rate.
        let seconds = (source.last?.seconds ?? 0) - (source.first?.seconds ?? 0)
        let room = Int(seconds * report.frameRate)
        #expect(
            shown >= min(source.count, room) * 4 / 5,
            "\(shown) of \(source.count) at \(report.frameRate)"
        )
    }

    // MARK: - Real files

    @Test(
        "the picture of a real file is shown when its source shows it",
        arguments: [
            "starts-at-10s-oblong-pixels.mp4", "variable-rate-518x488.mp4", "late-sound.mp4",
            "xvid-mp3.avi", "vp9-642x642.webm",
        ]
    )
    func realPictures(_ name: String) async throws {
        let run = try Run(fixture: name)
        let report = try await run.perform(run.request(to: run.input.byteCount / 2))
        let source = try FFmpeg.shown(run.input)
        let result = try FFmpeg.shown(run.output)
        // How unlike the brightness is if the result is taken to be so many half frames late.
        let interval = 1 / report.frameRate
        let errors = (-6...6).map { shift in
            result.reduce(0) { sum, frame in
                let time = frame.seconds - Double(shift) * interval / 2
                let nearest = source.min { abs($0.seconds - time) < abs($1.seconds - time) }
                let difference = (nearest?.luma ?? 0) - frame.luma
                return sum + difference * difference
            }
        }
        let best = try #require(errors.indices.min { errors[$0] < errors[$1] })
        #expect(abs(best - 6) <= 1, "\(best - 6) half frames late: \(errors)")
    }

    @Test("late sound begins when its source does")
    func lateSound() async throws {
        let run = try Run(fixture: "late-sound.mp4")
        _ = try await run.perform(run.request(to: 45_000))
        let source = try FFmpeg.heard(run.input)
        let result = try FFmpeg.heard(run.output)
        // The lag at which both loudnesses agree best, in steps of 5 ms.
        let step = FFmpeg.heardRate / 200
        let (own, kept) = (loudness(source, step), loudness(result, step))
        let best = (-40...40).max { likeness(own, kept, at: $0) < likeness(own, kept, at: $1) }
        #expect(abs(try #require(best)) <= 4, "\(best as Any)")
    }

    private func loudness(_ samples: [Float], _ step: Int) -> [Float] {
        stride(from: 0, to: samples.count - step, by: step).map { start in
            samples[start..<(start + step)].reduce(0) { $0 + abs($1) }
        }
    }

    private func likeness(_ own: [Float], _ kept: [Float], at lag: Int) -> Float {
        own.indices.reduce(0) { sum, index in
            kept.indices.contains(index + lag) ? sum + own[index] * kept[index + lag] : sum
        }
    }
}
