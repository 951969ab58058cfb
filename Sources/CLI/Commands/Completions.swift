import ArgumentParser
import Core

/// `cinch completions SHELL`: what a shell needs to complete calls of this program.
struct CompletionsCommand: Errand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print what bash, zsh or fish needs to complete calls.",
        usage: "cinch completions bash|zsh|fish",
        discussion: """
            For bash:  cinch completions bash > ~/.local/share/bash-completion/completions/cinch
            For zsh:   cinch completions zsh > ~/.zfunc/_cinch, with fpath+=~/.zfunc before compinit
            For fish:  cinch completions fish > ~/.config/fish/completions/cinch.fish
            """
    )

    @Argument(
        help: "The shell.",
        completion: .list(CompletionShell.allCases.map(\.rawValue))
    )
    var shell: String?

    func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32 {
        guard let shell, let known = CompletionShell(rawValue: shell.lowercased()) else {
            throw Failure(
                .usage,
                shell == nil ? "The shell is missing" : "There is no completion for that shell",
                why: shell.map { "'\($0)' is none of those that are known" } ?? "none was named",
                advice: "Write bash, zsh or fish."
            )
        }
        session.results.write(Completions.script(for: known))
        return 0
    }
}

/// The scripts that ArgumentParser makes, with what they do not know: that a call without a subcommand is
/// `compress`, whose files and options come first.
enum Completions {
    static func script(for shell: CompletionShell) -> String {
        let script = Cinch.completionScript(for: shell) + "\n"
        switch shell {
        case .bash: return bash(script)
        case .zsh: return zsh(script)
        case .fish: return fish(script)
        default: return script
        }
    }

    private static var subcommands: [String] { Help.subcommands }

    private static func bash(_ script: String) -> String {
        let place = "    local -a unparsed_words=(\"${COMP_WORDS[@]:1:${COMP_CWORD}}\")\n"
        return script.inserting(
            """
                # A call that begins with no subcommand is one of compress.
                case "${unparsed_words[0]}" in
                \(subcommands.joined(separator: "|"))) ;;
                *)
                    if [[ "${COMP_CWORD}" -gt 1 || "${cur}" = -* || -z "$(compgen -W '\(
                        subcommands.joined(separator: " "))' -- "${cur}")" ]]; then
                        unparsed_words=(compress "${unparsed_words[@]}")
                    fi
                    ;;
                esac

            """,
            after: place
        )
    }

    private static func zsh(_ script: String) -> String {
        let place = "    local -ir current_word_index=\"$((CURRENT - 1))\"\n"
        let words = """
                # A call that begins with no subcommand is one of compress.
                if (( CURRENT > 2 )) || [[ "${words[2]}" = -* ]]; then
                    case "${words[2]}" in
                    \(subcommands.joined(separator: "|"))) ;;
                    *)
                        words=("${words[1]}" compress "${(@)words[2,-1]}")
                        (( CURRENT++ ))
                        ;;
                    esac
                fi

            """
        return script.inserting(words, after: place)
            .inserting(
                "        _files && ret=0\n",
                after: "        _describe -V subcommand subcommands && ret=0\n"
            )
    }

    private static func fish(_ script: String) -> String {
        let place = "    set -l unparsed_tokens (__cinch_tokens -pc)\n"
        let words = """
                # A call that begins with no subcommand is one of compress.
                if set -q unparsed_tokens[2]; or string match -q -- '-*' (commandline -ct)
                    if not contains -- "$unparsed_tokens[2]" \(subcommands.joined(separator: " "))
                        set unparsed_tokens $unparsed_tokens[1] compress $unparsed_tokens[2..-1]
                    end
                end

            """
        let files = """
            complete -c cinch -n '__cinch_should_offer_completions_for_positional "cinch" -eq 1' -F

            """
        return script.inserting(words, after: place) + files
    }
}

extension String {
    /// The text with another after the first place where a third stands; as it is where that does not.
    fileprivate func inserting(_ text: String, after place: String) -> String {
        guard let end = firstRange(of: place)?.upperBound else { return self }
        return self[..<end] + text + self[end...]
    }
}
