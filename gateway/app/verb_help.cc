// tombolo man, tombolo completion: made from the same tree as --help.
#include <algorithm>

#include "gateway/app/cli.h"
#include "gateway/app/console.h"

namespace tombolo::app {
namespace {

std::string Roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '-') {
      out += "\\-";
    } else if (line_start && (c == '.' || c == '\'')) {
      out += "\\&";
      out += c;
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

void ManVerb(const CLI::App* verb, const std::string& path, std::string* out) {
  const std::string name = path + " " + verb->get_name();
  const auto subverbs = verb->get_subcommands([](const CLI::App*) { return true; });
  if (subverbs.empty()) {
    *out += ".SS " + Roff(name) + "\n" + Roff(verb->get_description()) + ".\n";
    for (const CLI::Option* option : verb->get_options()) {
      if (option->get_name() == "--help") continue;
      const std::string type = option->get_type_size() == 0 ? "" : " " + option->get_type_name();
      *out += ".TP\n.B " + Roff(option->get_name(false, true)) + Roff(type) + "\n" +
              Roff(option->get_description()) + "\n";
    }
    *out += ".PP\n.nf\n" + Roff(verb->get_footer()) + "\n.fi\n";
  }
  for (const CLI::App* sub : subverbs) ManVerb(sub, name, out);
}

std::vector<const CLI::App*> Subverbs(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App*) { return true; });
}

// The words that may follow a verb: its subverbs and long options.
std::string WordsOf(const CLI::App* verb) {
  std::string words;
  for (const CLI::App* sub : Subverbs(verb)) words += sub->get_name() + " ";
  for (const CLI::Option* option : verb->get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

void CompletionCases(const CLI::App* verb, const std::string& path, std::string* out) {
  *out += "    '" + path + "') words='" + WordsOf(verb) + "' ;;\n";
  for (const CLI::App* sub : Subverbs(verb)) {
    CompletionCases(sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
  }
}

}  // namespace

std::string ManPage(CLI::App* app) {
  std::string out =
      ".TH TOMBOLO 1\n.SH NAME\ntombolo \\- a gateway between the data islands of localities\n";
  out += ".SH SYNOPSIS\n.B tombolo\nVERB [OPTIONS]\n.SH DESCRIPTION\n" +
         Roff(app->get_description()) + "\n";
  out += ".SH VERBS\n";
  for (const CLI::App* verb : Subverbs(app)) ManVerb(verb, "tombolo", &out);
  out += ".SH GENERAL\n.nf\n" + Roff(app->get_footer()) + "\n.fi\n.SH ERRORS\n";
  for (const CodeInfo& info : AllCodes()) {
    out += ".TP\n.B " + std::string(info.name) + "\n" + Roff(info.doc) + " Exit code " +
           std::to_string(info.exit_code) + ".\n";
  }
  return out;
}

std::string BashCompletion(CLI::App* app) {
  std::string out =
      "# bash completion for tombolo; install with: tombolo completion > "
      "/etc/bash_completion.d/tombolo\n"
      "_tombolo() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} path='' words='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in -*) break ;; esac\n"
      "    path=\"${path:+$path }${COMP_WORDS[i]}\"\n"
      "  done\n"
      "  while :; do\n"
      "    case $path in\n";
  CompletionCases(app, "", &out);
  out +=
      "    esac\n"
      "    [[ -n $words || -z $path ]] && break\n"
      "    if [[ $path == *' '* ]]; then path=${path% *}; else path=''; fi\n"
      "  done\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  if [[ $current != -* ]]; then COMPREPLY+=($(compgen -f -- \"$current\")); fi\n"
      "}\n"
      "complete -o filenames -F _tombolo tombolo\n";
  return out;
}

void AddHelpVerbs(CLI::App* app, Session* session) {
  AddVerb(app, session, "man", "Print the manual page", "", "tombolo man | man -l -", [app] {
    Print(ManPage(app));
    return absl::OkStatus();
  });
  AddVerb(app, session, "completion", "Print the completion for bash", "",
          "tombolo completion > /etc/bash_completion.d/tombolo", [app] {
            Print(BashCompletion(app));
            return absl::OkStatus();
          });
}

}  // namespace tombolo::app
