/** What there is a script for; `kubectl` is kubectl's own completion. */
export const SHELLS = ['bash', 'fish', 'kubectl', 'zsh'] as const;

const NAME = 'kubectl-clusternet';

/**
 * A script for a shell, or for kubectl's own completion, which runs `kubectl_complete-NAME`. All ask the plugin what may come
 * next; its last line, `:N`, says how to go on, as in the completion of kubectl (4: no file names).
 */
export function writeCompletionScript(shell: (typeof SHELLS)[number]): string {
  switch (shell) {
    case 'bash':
      return `# In ~/.bashrc: source <(${NAME} completion bash)
_kubectl_clusternet() {
  local IFS=$'\\n' line directive= words=()
  while read -r line; do
    case "$line" in
      :*) directive="\${line#:}" ;;
      *) words+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(${NAME} __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  local typed="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  for line in "\${words[@]}"; do [[ "$line" == "$typed"* ]] && COMPREPLY+=("$line"); done
  if (( \${directive:-0} & 4 )); then compopt +o default 2>/dev/null; fi
}
complete -o default -F _kubectl_clusternet ${NAME}
`;
    case 'zsh':
      return `#compdef ${NAME}
# In ~/.zshrc: source <(${NAME} completion zsh)
_kubectl_clusternet() {
  local line directive=0
  local -a offers
  for line in "\${(@f)$(${NAME} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :*) directive="\${line#:}" ;;
      ?*) line="\${line//:/\\\\:}"; offers+=("\${line/$'\\t'/:}") ;;
    esac
  done
  if (( \${#offers} )); then _describe -V 'completions' offers; elif (( !(directive & 4) )); then _files; fi
}
if [ "$funcstack[1]" = "_kubectl_clusternet" ]; then _kubectl_clusternet; else compdef _kubectl_clusternet ${NAME}; fi
`;
    case 'fish':
      return `# In ~/.config/fish/config.fish: ${NAME} completion fish | source
function __kubectl_clusternet_offers
  set -l lines (${NAME} __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  string match -v -r '^:' -- $lines
  string match -q -r '^:0$' -- $lines; and __fish_complete_path (commandline -ct)
end
complete -c ${NAME} -f -a '(__kubectl_clusternet_offers)'
`;
    case 'kubectl':
      return `#!/bin/sh
# Save as kubectl_complete-clusternet, executable, on the PATH: kubectl's own completion runs it for \`kubectl clusternet\`.
exec ${NAME} __complete "$@"
`;
  }
}
