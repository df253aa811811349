/** Scripts that let a shell ask `sm complete` for what may stand at the cursor. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `# sm completion for bash: source <(sm autocomplete bash)
_sm_complete() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current cut
  read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=('')
  mapfile -t COMPREPLY < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
  # bash splits words at colons, so only what follows the last one is replaced.
  current="\${words[-1]}"
  if [[ "$current" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
    cut="\${current%:*}:"
    COMPREPLY=("\${COMPREPLY[@]#"$cut"}")
  fi
  local index
  for index in "\${!COMPREPLY[@]}"; do printf -v "COMPREPLY[$index]" '%q' "\${COMPREPLY[$index]}"; done
}
complete -o default -F _sm_complete sm shardmgr
`;

const ZSH = `#compdef sm shardmgr
# sm completion for zsh: source <(sm autocomplete zsh)
_sm_complete() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _sm_complete sm shardmgr
`;

const FISH = `# sm completion for fish: sm autocomplete fish | source
function __sm_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  $words[1] complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c sm -a '(__sm_complete)'
complete -c shardmgr -a '(__sm_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = {bash: BASH, zsh: ZSH, fish: FISH};
