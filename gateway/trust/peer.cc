#include "gateway/trust/peer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::trust {
namespace {

ChainInput InputOf(const Federation& federation, const std::vector<std::string>& chain,
                   int64_t now_us) {
  const auto& roots = federation.root().certificate_authorities();
  ChainInput input;
  input.chain.assign(chain.begin(), chain.end());
  input.roots.assign(roots.begin(), roots.end());
  input.lists = &federation.lists();
  input.trust_domain = federation.root().federation();
  input.now_us = now_us;
  return input;
}

Status CheckKnown(const Federation& federation, const std::string& id) {
  if (federation.Find(id) != nullptr) return absl::OkStatus();
  return MakeError(Code::PEER_UNKNOWN, absl::StrCat("'", id, "' is no member in registry ",
                                                    federation.registry().version()));
}

Status CheckActive(const MemberFacts& facts) {
  if (facts.member.state() == v1::ACTIVE) return absl::OkStatus();
  return MakeError(Code::PEER_SUSPENDED, absl::StrCat(facts.member.id(), " is suspended"));
}

Status CheckKey(const MemberFacts& facts, const std::string& digest) {
  const auto& keys = facts.member.tls_keys();
  if (std::find(keys.begin(), keys.end(), digest) != keys.end()) return absl::OkStatus();
  return MakeError(Code::PEER_KEY_MISMATCH,
                   absl::StrCat("the registry does not name the key ", ToHex(digest), " for ",
                                facts.member.id(), "; have its hash added there"));
}

}  // namespace

StatusOr<PeerIdentity> Identify(const Federation& federation, const std::vector<std::string>& chain,
                                int64_t now_us) {
  ASSIGN_OR_RETURN(CertificateFacts facts, VerifyChain(InputOf(federation, chain, now_us)));
  RETURN_IF_ERROR(CheckKnown(federation, facts.spiffe_id));
  const MemberFacts& member = *federation.Find(facts.spiffe_id);
  RETURN_IF_ERROR(CheckActive(member));
  RETURN_IF_ERROR(CheckKey(member, facts.spki_digest));
  RETURN_IF_ERROR(federation.CheckFresh(now_us));
  return PeerIdentity{facts.spiffe_id, member.number, std::move(facts), chain};
}

std::vector<CheckLine> ExplainPeer(const Federation& federation,
                                   const std::vector<std::string>& chain, int64_t now_us) {
  std::vector<CheckLine> lines;
  const ChainInput input = InputOf(federation, chain, now_us);
  for (size_t i = 0; i < input.chain.size(); ++i) {
    const bool root =
        std::find(input.roots.begin(), input.roots.end(), input.chain[i]) != input.roots.end();
    const CertificateRole role = i == 0 ? CertificateRole::kNode
                                 : root ? CertificateRole::kRoot
                                        : CertificateRole::kIntermediate;
    lines.push_back({absl::StrCat("certificate ", i + 1, " follows the profile"),
                     CheckProfile(input.chain[i], role, input.trust_domain)});
  }
  lines.push_back({"chain, dates and revocation lists hold", VerifyChain(input).status()});
  const StatusOr<CertificateFacts> facts =
      chain.empty() ? StatusOr<CertificateFacts>(
                          MakeError(Code::PEER_CERT_MISSING, "there is no certificate"))
                    : ReadCertificate(chain[0]);
  if (facts.ok()) {
    lines.push_back({"the name is a member's", CheckKnown(federation, facts->spiffe_id)});
    const MemberFacts* member = federation.Find(facts->spiffe_id);
    if (member != nullptr) {
      lines.push_back({"the member is active", CheckActive(*member)});
      lines.push_back({"the key is the member's", CheckKey(*member, facts->spki_digest)});
    }
  }
  lines.push_back({"registry and timestamp are fresh", federation.CheckFresh(now_us)});
  return lines;
}

}  // namespace tombolo::trust
