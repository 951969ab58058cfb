import ArgumentParser

/// What `cinch --help` says: one page, written by hand, 80 columns.
enum Help {
    /// The usage that an incomplete call is answered with.
    static let usage = """
        Usage: cinch INPUT --to SIZE [-o OUTPUT] [options]
               cinch probe|plan|compare|limits|doctor|watch|jobs|history|config|chat|cloud …
        """

    /// The whole page.
    static let text = """
        Cinch makes a video fit a size in bytes, here on this machine: H.264 and AAC in
        an MP4 that plays everywhere, never larger than you asked for, checked frame by
        frame before it appears.

          cinch INPUT… --to SIZE [-o OUTPUT] [options]
          cinch "WORDS" INPUT            the same in words, English or Chinese
          cinch probe INPUT              what the file is
          cinch plan INPUT --to SIZE …   what would be done, why, and how long it takes
          cinch compare A B [-o PNG]     how like B is to A, and a picture of where
          cinch limits [NAME]            what Discord, Gmail and others take: see --for
          cinch doctor                   what this machine offers, and what it lacks
          cinch watch FOLDER --to SIZE   make what comes into it, as it comes
          cinch history                  what was made, when, and how well
          cinch config show|path         what is set for all calls: see its --help
          cinch completions SHELL        for bash, zsh or fish; cinch manual: a man page
          cinch chat [FILE…]             talk with a cloud service about it; only if you
                                         agree. --simulate tries it without one
          cinch cloud COMMAND …          the same step by step: 'cinch cloud --help'
          cinch jobs                     what was left in the cloud: --resume, --forget

        Examples
          cinch holiday.mov --to 8MB               writes holiday-8MB.mp4 beside it
          cinch talk.mkv --to 25MB -o talk.mp4     names the output
          cinch holiday.mov --for discord          a size by name: 'cinch limits'
          cinch clip.mp4 --to 10MiB --speed best   takes more time for the same bytes
          cinch "cut the first 10 seconds, 8MB" a.mp4
          cinch "把这个视频压到8MB" a.mp4
          cinch screen.webm                        no limit: good for sharing, and small
          cinch plan film.mkv --to 100MB           asks first
          cinch chat --simulate clip.mp4           nothing leaves this machine
          cinch -- -odd-name.mp4                   a name that begins with a dash

        Several files
          cinch *.mov --to 8MB -o small/           also folders, with -r those in them
          --total SIZE          what all may weigh together: each gets what makes them
                                look equally good
          --jobs NUMBER         files at once; otherwise one for every four processors
          -r, --recursive       look into folders below the folders too
          --resume              leave out what an earlier run has made
          A failure stops no other file; the exit code is that of the worst. Each goes
          the way that suits it, here or in the cloud: see below.

        Size and place
          --to SIZE             what the file may weigh: 8MB (8 000 000), 7.5MiB, 900k,
                                8000000. Without it: constant quality, no limit
          --for NAME            the same by the name of a place; your own names go into
                                ~/.config/cinch/config.toml: 'cinch help limits'
          -o, --output FILE     where the result goes; otherwise beside the input.
                                - is standard output, as INPUT - is standard input
          --format FORMAT       mp4, or m4a: of a video, its sound alone; jpeg or webp:
                                of a picture; otherwise what suits the input, or the
                                output's name says
          --start TIME          keep what comes after: 12.5, 1:02.5; -10: ten seconds
                                before the end. Exact to the frame
          --end TIME            keep what comes before; or --duration TIME
          --split               as few files as look good, each of the size --to, cut
                                where the scene changes; --parts N makes so many
          --force               replace the output if it exists
          --min-quality QUALITY fair, good, excellent or an SSIM: what would look worse
                                is refused before it is made
          --preview TIME        first a sample that long, as the whole will look: 5s
          --strict              refuse a damaged source; otherwise what can be saved is
                                saved, and the receipt says what was lost

        Picture and sound
          --max-height LINES    lines of the short side at most: 720, 1080p, source.
                                Otherwise 1080, and fewer if the bytes are few
          --height LINES        exactly so many, whatever the bytes say
          --fps RATE            frames a second at most, otherwise 60: 30, 29.97, source
          --speed SPEED         fast, balanced (usual) or best
          --audio SOUND         auto (usual), copy, none, or kilobits a second
          --audio-track TRACK   a number as probe lists them, all-mixed, or keep (all);
                                otherwise the main one
          --metadata WHICH      private (usual): title, dates and chapters stay, place
                                and device go; keep: all that MP4 holds; none

        Where it runs: here, whenever this machine can do it
          --route WHERE         auto (usual): here, or in the cloud where only that can
                                and you have agreed to it; local; cloud
          --offline             send nothing, whatever else is set
          --cloud               agree, for this call, to contact the service and to send
                                it files
          --max-wait TIME       90, 90s, 5m: where it would take longer here, the cloud
                                does it, if you have agreed and it is twice as fast
          --max-credits NUMBER  what the cloud may cost, all files of the call together;
                                each may take up to 50 of it
          --edit WORDS          what the cloud's agent shall do with it besides
          --simulate            use a stand-in for the service on this machine;
                                --scenario N plays trouble: 13 is 402, 11 no credits;
                                more in 'cinch cloud simulate --help'

        Machine
          --memory SIZE         memory for frames kept between the passes; 0 for none
          --disk SIZE           disk for them, beside the output; 0 for none. Standard
                                input, which is kept on disk first, may have no more
          --background          let other programs go first. --no-background and
                                --no-strict undo what config.toml says

        Limits for a file, so that a hostile one cannot use this machine up
          --max-pixels NUMBER   pixels of a frame; the usual limits: 'cinch doctor'
          --max-frames NUMBER   frames          --max-streams NUMBER   tracks
          --max-memory SIZE     memory, besides that for kept frames
          --max-stall SECONDS   for the next frame

        Output
          --json                JSON lines on standard output and nothing else;
                                the last is always a result or an error
          -q, --quiet           nothing but errors
          -h, --help            this page; 'cinch help plan' for a subcommand
          --version             \(programVersion)

        Exit codes
            0  done: written, checked, within the size
            3  the size cannot be met; the message says what could
           64  the call makes no sense        70  a defect in Cinch
           65  not a readable video           73  the output cannot be made, or exists
           66  no such file, or no right      74  disk full, or reading/writing failed
           69  something needed is missing    77  the cloud service refused
          130  interrupted; 143 terminated

        Ctrl-C stops at once and leaves nothing behind. The input is never written to.
        Colours follow NO_COLOR and TERM.
        """

    /// What is said first, as a paragraph.
    static var introduction: String {
        String(text.prefix(upTo: text.firstRange(of: "\n\n")?.lowerBound ?? text.startIndex))
            .replacing("\n", with: " ")
    }

    /// How it is called.
    static var synopsis: String { block(after: introduction.isEmpty ? "" : "appears.\n\n") }

    /// The codes and what they mean.
    static var exitCodes: String { block(after: "Exit codes\n") }

    /// The lines from a heading to the next empty one.
    private static func block(after heading: String) -> String {
        guard let start = text.firstRange(of: heading)?.upperBound else { return "" }
        let rest = text[start...]
        return String(rest.prefix(upTo: rest.firstRange(of: "\n\n")?.lowerBound ?? rest.endIndex))
    }

    /// All words that are a command of their own.
    static let subcommands = Cinch.configuration.subcommands.map { $0._commandName } + ["help"]

    /// Whether a word is a command of its own, and no input.
    static func isSubcommand(_ word: String) -> Bool { subcommands.contains(word) }

    /// Whether a call asks for the page: help, but not of a subcommand.
    static func isAsked(by arguments: [String]) -> Bool {
        if arguments == ["help"] { return true }
        if let first = arguments.first, subcommands.contains(first), first != "compress" {
            return false
        }
        return arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }
}
