import Core
import Foundation
import Media
import SystemPackage

extension Failure {
    /// What a libav error means to the person who ran the command.
    ///
    /// Parameters:
    ///   - path: the input, as it was named.
    ///   - flag: interrupted calls look like damaged input, so a raised flag comes first.
    init(_ error: MediaError, input path: String, flag: CancellationFlag, isDiskFull: Bool = false)
    {
        if flag.isRaised {
            self = .interrupted
            return
        }
        var why = error.words.isEmpty ? "" : error.words
        if let line = error.lastLogLine, !line.isEmpty {
            why += why.isEmpty ? line : " (\(line))"
        }
        if isDiskFull || error.kind == .diskFull {
            self.init(
                .storage,
                "Cannot \(error.doing)",
                why: "the disk is full",
                advice: "Free some space, or name another place with -o. Nothing was left behind."
            )
            return
        }
        if error.lastLogLine?.contains("moov atom not found") == true {
            self = .withoutIndex(path)
            return
        }
        switch Self.meaning(of: error, on: path) {
        case .missing:
            self = .missing(FilePath(path))
        case .denied:
            self.init(
                .missing,
                "Cannot open \(path)",
                why: "permission denied",
                advice: "Ask its owner for the right to read it."
            )
        case .invalid, .other:
            self.init(
                .unreadable,
                "Cannot read \(path)",
                why: error.stage == .opening
                    ? "it is no container of video, sound or pictures that is known, or it is damaged"
                        + Self.bracketed(why)
                    : "could not \(error.doing): \(why)",
                advice:
                    "If it was downloaded, download it again; if it plays elsewhere, export it as MP4."
            )
        case .noVideo:
            self = .noVideo(path)
        case .unsupported:
            self.init(
                .unreadable,
                "Cannot \(error.doing) of \(path)",
                why: why,
                advice: "See 'cinch doctor' for what is missing."
            )
        case .dolbyOnly:
            self.init(
                .unreadable,
                "Cannot show the colours of \(path)",
                why: why,
                advice: "Export it as HDR10, HLG or ordinary video where it was made."
            )
        case .beyond(let limit):
            self.init(
                .unreadable,
                "\(path) demands too much",
                why: why,
                advice:
                    "If you trust it, allow more with \(limit.option); 'cinch doctor' tells the limits."
            )
        case .diskFull, .inputOutput:
            self.init(
                .storage,
                "Cannot \(error.doing)",
                why: why,
                advice: "Check the disk; nothing was left behind."
            )
        case .encoder, .tooFewBits:
            self.init(
                .defect,
                "Cannot \(error.doing)",
                why: why,
                advice: "Please report this with the output of 'cinch doctor'."
            )
        case .memory where error.stage != .making:
            self.init(
                .unreadable,
                "\(path) demands too much",
                why: "it asks for more memory than a file may have to \(error.doing)",
                advice:
                    "It is damaged, or was made to do this. If it was downloaded, download it again."
            )
        case .memory:
            self.init(
                .storage,
                "Cannot \(error.doing)",
                why: "there is not enough memory",
                advice: "Close other programs, or lower --memory."
            )
        }
    }

    /// Damaged headers make demuxers say that a file is absent or forbidden which was opened before.
    private static func meaning(of error: MediaError, on path: String) -> MediaError.Kind {
        switch error.kind {
        case .missing where FileManager.default.fileExists(atPath: path): .invalid
        case .denied where FileManager.default.isReadableFile(atPath: path): .invalid
        default: error.kind
        }
    }

    private static func bracketed(_ text: String) -> String {
        text.isEmpty ? "" : " (\(text))"
    }
}

extension Failure {
    /// There is nothing that moves in it.
    static func noVideo(_ path: String) -> Failure {
        Failure(
            .unreadable,
            "\(path) has no video track",
            why: "there is no moving picture in it",
            advice: "Give a file with a picture that moves."
        )
    }

    /// One call for the next packet or frame did not come back.
    static func stalled(_ path: String, after seconds: Int) -> Failure {
        Failure(
            .unreadable,
            "Reading \(path) came to a halt",
            why: "nothing came out of it for \(durationText(Double(seconds)))",
            advice:
                "If its disk is slow, allow more with \(InputLimits.Name.stall.option), in seconds. Nothing was left behind."
        )
    }

    /// Opening a file did not come to its end in the computing time that it may take.
    static func endlessOpening(_ path: String, _ limits: InputLimits) -> Failure {
        Failure(.endlessOpening(limits), input: path, flag: CancellationFlag())
    }

    /// Whether it says that a thread was left behind in a call into libav, so that what the thread owns is
    /// there still.
    func comesOfCaughtThread(reading path: String, _ limits: InputLimits) -> Bool {
        self == .stalled(path, after: limits.waitSeconds) || self == .endlessOpening(path, limits)
    }

    /// Nothing that fits came out, although the plan thought it could.
    static func unreachable(_ plan: Plan, smallest: Int) -> Failure {
        let enough = max(smallest, plan.limitBytes) / 10 * 11
        return Failure(
            .unreachable,
            "\(ByteSize.text(plan.limitBytes)) is too small for this clip at \(plan.picture.size)",
            why: "the smallest file that came out has about \(ByteSize.text(smallest))",
            advice:
                "Ask for \(ByteSize.text(enough)) or more, lower the picture with --max-height, or cut the clip.",
            smallestBytes: enough
        )
    }
}
