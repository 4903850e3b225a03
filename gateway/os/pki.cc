#include "gateway/os/pki.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/date.h"
#include "gateway/base/freed.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/os/key_file.h"
#include "gateway/os/signer.h"
#include "gateway/os/system.h"

namespace tombolo::os {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using ListPtr = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Freed<ASN1_TIME_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>>;

constexpr unsigned kFolderMode = 0700;
constexpr unsigned kPublicMode = 0644;
constexpr int64_t kSecondUs = 1000000;
constexpr int64_t kDaySeconds = 86400;
constexpr int64_t kSkewSeconds = 300;  // a certificate holds from a little before it was made
constexpr size_t kSerialBytes = 16;
constexpr char kIssued[] = "issued";
constexpr char kRevoked[] = "revoked";

Status Failed(std::string_view what) {
  ERR_clear_error();
  return MakeError(Code::INTERNAL, absl::StrCat("libcrypto cannot ", ToAbsl(what)));
}

Status Wrong(std::string_view what) { return MakeError(Code::INVALID_ARGUMENT, what); }

BioPtr Reading(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

StatusOr<std::string> TextOf(const BioPtr& bio, int written) {
  if (bio == nullptr || written != 1) return Failed("write PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

int NoPassword(char*, int, int, void*) { return -1; }

StatusOr<KeyPtr> ReadKey(const std::string& folder) {
  const std::string path = JoinPath(folder, kKeyPem);
  if (!FileExists(path)) {
    return MakeError(Code::FILE_UNREADABLE,
                     "there is no " + path +
                         "; name the folder that tombolo pki made, or make one: "
                         "tombolo pki --help shows how");
  }
  ASSIGN_OR_RETURN(const SecretText pem, ReadSecretFile(path));
  const BioPtr in = Reading(pem.view());
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) return Wrong(path + " holds no private key in PEM without a password");
  return key;
}

StatusOr<X509Ptr> ReadCertificateFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(path, limits::kPemBytesMax));
  X509Ptr certificate(PEM_read_bio_X509(Reading(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) return Wrong(path + " holds no certificate in PEM");
  return certificate;
}

// Who signs: its key and certificate. For a root in the making the certificate is its own.
struct Authority {
  KeyPtr key;
  X509Ptr certificate;
};
StatusOr<Authority> ReadAuthority(const std::string& folder) {
  Authority authority;
  ASSIGN_OR_RETURN(authority.key, ReadKey(folder));
  ASSIGN_OR_RETURN(authority.certificate, ReadCertificateFile(JoinPath(folder, kCertificatePem)));
  if (X509_check_ca(authority.certificate.get()) != 1) {
    return Wrong(folder + " holds no authority but a node; name the folder of an authority");
  }
  return authority;
}

Status SetName(X509_NAME* name, std::string_view text) {
  const bool good = X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                               reinterpret_cast<const unsigned char*>(text.data()),
                                               static_cast<int>(text.size()), -1, 0) == 1;
  ERR_clear_error();
  if (good && !text.empty()) return absl::OkStatus();
  return Wrong(absl::StrCat("'", ToAbsl(text), "' cannot be a name: write 1 to 64 characters"));
}

Status CheckDomain(const std::string& name) {
  bool good = !name.empty() && name.size() <= limits::kOriginBytesMax;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    good &= absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '.' || c == '-';
  }
  if (good) return absl::OkStatus();
  return Wrong("'" + name + "' is no trust domain; write it like federation.example");
}

Status CheckDays(int days, int most) {
  if (days >= 1 && days <= most) return absl::OkStatus();
  return Wrong(absl::StrCat(days, " days are not between 1 and ", most));
}

// A certificate with version, serial and dates; who it is of and what it may do come after.
class Draft {
 public:
  Draft() : certificate_(X509_new()) {}
  X509* get() { return certificate_.get(); }

  Status Begin(EVP_PKEY* key, const X509_NAME* issuer, int days, Clock* clock, Entropy* entropy) {
    std::string serial = entropy->Bytes(kSerialBytes);
    serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);  // positive, always of this length
    const IntegerPtr number(ASN1_INTEGER_new());
    const int64_t from = clock->NowUs() / kSecondUs - kSkewSeconds;
    const bool good =
        get() != nullptr && number != nullptr && X509_set_version(get(), X509_VERSION_3) == 1 &&
        ASN1_STRING_set(number.get(), serial.data(), static_cast<int>(serial.size())) == 1 &&
        X509_set_serialNumber(get(), number.get()) == 1 &&
        ASN1_TIME_set(X509_getm_notBefore(get()), from) != nullptr &&
        ASN1_TIME_set(X509_getm_notAfter(get()), from + days * kDaySeconds) != nullptr &&
        X509_set_pubkey(get(), key) == 1 && X509_set_issuer_name(get(), issuer) == 1;
    return good ? absl::OkStatus() : Failed("begin a certificate");
  }

  Status Extend(X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, get(), nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
        X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
    if (extension != nullptr && X509_add_ext(get(), extension.get(), -1) == 1) {
      return absl::OkStatus();
    }
    return Failed("add " + value);
  }

  StatusOr<std::string> Finish(EVP_PKEY* signer) {
    if (X509_sign(get(), signer, EVP_sha256()) <= 0) return Failed("sign a certificate");
    const BioPtr out(BIO_new(BIO_s_mem()));
    return TextOf(out, PEM_write_bio_X509(out.get(), get()));
  }

 private:
  X509Ptr certificate_;
};

// That a certificate of so many days ends before the one that signs it.
Status NotBeyond(X509* issuer, int days, Clock* clock) {
  const int64_t until = clock->NowUs() / kSecondUs - kSkewSeconds + days * kDaySeconds;
  const TimePtr end(ASN1_TIME_set(nullptr, until));
  if (end != nullptr && ASN1_TIME_compare(end.get(), X509_get0_notAfter(issuer)) <= 0) {
    return absl::OkStatus();
  }
  return Wrong(
      "the certificate would outlive the authority that signs it; ask for fewer days, or "
      "renew the authority");
}

std::string SerialOf(X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return ToHex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                static_cast<size_t>(ASN1_STRING_length(serial))});
}

Status AddLine(const std::string& path, const std::string& line) {
  std::string text;
  if (FileExists(path)) {
    ASSIGN_OR_RETURN(text, ReadFile(path, limits::kPackFileBytesMax));
  }
  return ReplaceFile(path, text + line + "\n", kPublicMode);
}

StatusOr<std::vector<std::string>> Lines(const std::string& path) {
  if (!FileExists(path)) return std::vector<std::string>();
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits::kPackFileBytesMax));
  return std::vector<std::string>(absl::StrSplit(text, '\n', absl::SkipEmpty()));
}

Status NoteIssued(const std::string& folder, X509* certificate, const std::string& name,
                  Clock* clock) {
  return AddLine(JoinPath(folder, kIssued), absl::StrCat(SerialOf(certificate), " ",
                                                         FormatInstant(clock->NowUs()), " ", name));
}

Status NewFolder(const std::string& folder) {
  if (FileExists(JoinPath(folder, kKeyPem))) {
    return MakeError(Code::ALREADY_EXISTS,
                     folder +
                         " has a key, which is never overwritten; name another folder, or use "
                         "tombolo pki renew for a node's key");
  }
  if (FolderExists(folder)) return absl::OkStatus();
  return MakeFolder(folder, kFolderMode);
}

Status NewKey(const std::string& folder) {
  RETURN_IF_ERROR(NewFolder(folder));
  return GenerateKeyFile(v1::SHA256_ECDSA_P256, JoinPath(folder, kKeyPem));
}

// What roots and intermediates have alike. `issuer`: null for a root.
Status MakeAuthority(const AuthorityRequest& request, const Authority* issuer, Clock* clock,
                     Entropy* entropy, const std::string& issuer_folder) {
  RETURN_IF_ERROR(CheckDomain(request.trust_domain));
  RETURN_IF_ERROR(CheckDays(request.days, limits::kAuthorityDaysMax));
  const std::unique_ptr<X509_NAME, Freed<X509_NAME_free>> name(X509_NAME_new());
  RETURN_IF_ERROR(SetName(name.get(), request.name));
  if (issuer != nullptr) {
    RETURN_IF_ERROR(NotBeyond(issuer->certificate.get(), request.days, clock));
  }
  RETURN_IF_ERROR(NewKey(request.folder));
  ASSIGN_OR_RETURN(const KeyPtr key, ReadKey(request.folder));
  Draft draft;
  const X509_NAME* above =
      issuer == nullptr ? name.get() : X509_get_subject_name(issuer->certificate.get());
  RETURN_IF_ERROR(draft.Begin(key.get(), above, request.days, clock, entropy));
  if (X509_set_subject_name(draft.get(), name.get()) != 1) return Failed("set a name");
  X509* signer = issuer == nullptr ? draft.get() : issuer->certificate.get();
  RETURN_IF_ERROR(draft.Extend(
      signer, NID_basic_constraints,
      issuer == nullptr ? "critical,CA:TRUE,pathlen:1" : "critical,CA:TRUE,pathlen:0"));
  RETURN_IF_ERROR(draft.Extend(signer, NID_key_usage, "critical,keyCertSign,cRLSign"));
  RETURN_IF_ERROR(draft.Extend(signer, NID_subject_key_identifier, "hash"));
  if (issuer != nullptr) {
    RETURN_IF_ERROR(draft.Extend(signer, NID_authority_key_identifier, "keyid:always"));
    RETURN_IF_ERROR(draft.Extend(signer, NID_name_constraints,
                                 "critical,permitted;URI:" + request.trust_domain));
  }
  ASSIGN_OR_RETURN(const std::string pem,
                   draft.Finish(issuer == nullptr ? key.get() : issuer->key.get()));
  RETURN_IF_ERROR(WriteNewFile(JoinPath(request.folder, kCertificatePem), pem, kPublicMode));
  if (issuer == nullptr) return absl::OkStatus();
  return NoteIssued(issuer_folder, draft.get(), request.name, clock);
}

// The one URI of a request, if it has no other name.
StatusOr<std::string> NameOfRequest(X509_REQ* request) {
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr)));
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  ERR_clear_error();
  if (sk_GENERAL_NAME_num(names.get()) != 1 ||
      sk_GENERAL_NAME_value(names.get(), 0)->type != GEN_URI) {
    return Wrong("the request must have one subject alternative name, the node's SPIFFE ID");
  }
  const ASN1_IA5STRING* uri = sk_GENERAL_NAME_value(names.get(), 0)->d.uniformResourceIdentifier;
  std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                   static_cast<size_t>(ASN1_STRING_length(uri)));
  if (!text.starts_with("spiffe://")) {
    return Wrong("the request's name does not begin with spiffe://");
  }
  return text;
}

StatusOr<NamesPtr> OneUri(const std::string& text) {
  NamesPtr names(GENERAL_NAMES_new());
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* uri = ASN1_IA5STRING_new();
  if (names == nullptr || name == nullptr || uri == nullptr ||
      ASN1_STRING_set(uri, text.data(), static_cast<int>(text.size())) != 1) {
    return Failed("write a name");
  }
  GENERAL_NAME_set0_value(name, GEN_URI, uri);
  if (sk_GENERAL_NAME_push(names.get(), name) <= 0) return Failed("write a name");
  return names;
}

Status FillNode(Draft* draft, X509* issuer, const std::string& spiffe_id) {
  RETURN_IF_ERROR(SetName(X509_get_subject_name(draft->get()), "Tombolo node"));
  RETURN_IF_ERROR(draft->Extend(issuer, NID_basic_constraints, "critical,CA:FALSE"));
  RETURN_IF_ERROR(draft->Extend(issuer, NID_key_usage, "critical,digitalSignature"));
  RETURN_IF_ERROR(draft->Extend(issuer, NID_ext_key_usage, "serverAuth,clientAuth"));
  RETURN_IF_ERROR(draft->Extend(issuer, NID_subject_key_identifier, "hash"));
  RETURN_IF_ERROR(draft->Extend(issuer, NID_authority_key_identifier, "keyid:always"));
  ASSIGN_OR_RETURN(const NamesPtr names, OneUri(spiffe_id));
  if (X509_add1_ext_i2d(draft->get(), NID_subject_alt_name, names.get(), 0, 0) != 1) {
    return Failed("add the name");
  }
  return absl::OkStatus();
}

// One more than that of the list that is there.
StatusOr<int64_t> NextNumber(const std::string& path) {
  if (!FileExists(path)) return 1;
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(path, limits::kDocumentFileBytesMax));
  const ListPtr list(PEM_read_bio_X509_CRL(Reading(pem).get(), nullptr, NoPassword, nullptr));
  if (list == nullptr) return Wrong(path + " holds no revocation list in PEM");
  const IntegerPtr number(static_cast<ASN1_INTEGER*>(
      X509_CRL_get_ext_d2i(list.get(), NID_crl_number, nullptr, nullptr)));
  int64_t value = 0;
  if (number == nullptr || ASN1_INTEGER_get_int64(&value, number.get()) != 1) {
    return Wrong(path + " holds a revocation list without a number");
  }
  return value + 1;
}

Status AddRevoked(X509_CRL* list, std::string_view serial_hex, const ASN1_TIME* at) {
  const std::optional<std::string> serial = FromHex(serial_hex);
  X509_REVOKED* entry = X509_REVOKED_new();
  const IntegerPtr number(ASN1_INTEGER_new());
  if (!serial.has_value() || entry == nullptr || number == nullptr ||
      ASN1_STRING_set(number.get(), serial->data(), static_cast<int>(serial->size())) != 1 ||
      X509_REVOKED_set_serialNumber(entry, number.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry, const_cast<ASN1_TIME*>(at)) != 1 ||
      X509_CRL_add0_revoked(list, entry) != 1) {
    X509_REVOKED_free(entry);
    return Failed("add a serial to the list");
  }
  return absl::OkStatus();
}

StatusOr<std::string> MakeList(const Authority& authority, int64_t number,
                               const std::vector<std::string>& revoked, int days, Clock* clock) {
  const ListPtr list(X509_CRL_new());
  const int64_t now = clock->NowUs() / kSecondUs;
  const TimePtr from(ASN1_TIME_set(nullptr, now)),
      until(ASN1_TIME_set(nullptr, now + days * kDaySeconds));
  const IntegerPtr value(ASN1_INTEGER_new());
  X509V3_CTX context;
  X509V3_set_ctx(&context, authority.certificate.get(), nullptr, nullptr, list.get(), 0);
  const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> issuer(
      X509V3_EXT_nconf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
  if (list == nullptr || issuer == nullptr || ASN1_INTEGER_set_int64(value.get(), number) != 1 ||
      X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) != 1 ||
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(authority.certificate.get())) !=
          1 ||
      X509_CRL_set1_lastUpdate(list.get(), from.get()) != 1 ||
      X509_CRL_set1_nextUpdate(list.get(), until.get()) != 1 ||
      X509_CRL_add_ext(list.get(), issuer.get(), -1) != 1 ||
      X509_CRL_add1_ext_i2d(list.get(), NID_crl_number, value.get(), 0, 0) != 1) {
    return Failed("make a revocation list");
  }
  for (const std::string& line : revoked) {
    RETURN_IF_ERROR(AddRevoked(list.get(), line.substr(0, line.find(' ')), from.get()));
  }
  X509_CRL_sort(list.get());
  if (X509_CRL_sign(list.get(), authority.key.get(), EVP_sha256()) <= 0) return Failed("sign");
  const BioPtr out(BIO_new(BIO_s_mem()));
  return TextOf(out, PEM_write_bio_X509_CRL(out.get(), list.get()));
}

}  // namespace

Status MakeRoot(const AuthorityRequest& request, Clock* clock, Entropy* entropy) {
  return MakeAuthority(request, nullptr, clock, entropy, "");
}

Status MakeIntermediate(const AuthorityRequest& request, const std::string& root_folder,
                        Clock* clock, Entropy* entropy) {
  ASSIGN_OR_RETURN(const Authority root, ReadAuthority(root_folder));
  return MakeAuthority(request, &root, clock, entropy, root_folder);
}

StatusOr<std::string> MakeNodeRequest(const std::string& folder, const std::string& spiffe_id,
                                      bool renew) {
  if (!renew) RETURN_IF_ERROR(NewKey(folder));
  ASSIGN_OR_RETURN(const KeyPtr key, ReadKey(folder));
  const RequestPtr request(X509_REQ_new());
  ASSIGN_OR_RETURN(const NamesPtr names, OneUri(spiffe_id));
  STACK_OF(X509_EXTENSION)* extensions = nullptr;
  const bool good =
      request != nullptr &&
      X509V3_add1_i2d(&extensions, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1 &&
      X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
      X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
      X509_REQ_add_extensions(request.get(), extensions) == 1;
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  if (!good || X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return Failed("make a signing request");
  }
  const BioPtr out(BIO_new(BIO_s_mem()));
  return TextOf(out, PEM_write_bio_X509_REQ(out.get(), request.get()));
}

StatusOr<std::string> SignNodeRequest(const std::string& authority_folder,
                                      const std::string& request_pem, int days, Clock* clock,
                                      Entropy* entropy) {
  RETURN_IF_ERROR(CheckDays(days, limits::kLeafDaysMax));
  ASSIGN_OR_RETURN(const Authority authority, ReadAuthority(authority_folder));
  const RequestPtr request(
      PEM_read_bio_X509_REQ(Reading(request_pem).get(), nullptr, NoPassword, nullptr));
  EVP_PKEY* key = request == nullptr ? nullptr : X509_REQ_get0_pubkey(request.get());
  const bool own = key != nullptr && X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!own)
    return Wrong(
        "the request is no signing request in PEM that its own key has signed; the node's operator "
        "makes one with tombolo pki request");
  ASSIGN_OR_RETURN(const std::string spiffe_id, NameOfRequest(request.get()));
  X509* issuer = authority.certificate.get();
  RETURN_IF_ERROR(NotBeyond(issuer, days, clock));
  Draft draft;
  RETURN_IF_ERROR(draft.Begin(key, X509_get_subject_name(issuer), days, clock, entropy));
  RETURN_IF_ERROR(FillNode(&draft, issuer, spiffe_id));
  ASSIGN_OR_RETURN(const std::string pem, draft.Finish(authority.key.get()));
  RETURN_IF_ERROR(NoteIssued(authority_folder, draft.get(), spiffe_id, clock));
  const BioPtr out(BIO_new(BIO_s_mem()));
  ASSIGN_OR_RETURN(const std::string above,
                   TextOf(out, PEM_write_bio_X509(out.get(), authority.certificate.get())));
  return pem + above;
}

Status Revoke(const std::string& authority_folder, const std::string& serial, int days,
              Clock* clock) {
  RETURN_IF_ERROR(CheckDays(days, limits::kLeafDaysMax));
  ASSIGN_OR_RETURN(const Authority authority, ReadAuthority(authority_folder));
  const std::string revoked_path = JoinPath(authority_folder, kRevoked);
  ASSIGN_OR_RETURN(std::vector<std::string> revoked, Lines(revoked_path));
  if (!serial.empty()) {
    const std::string head = absl::StrCat(serial, " ");
    ASSIGN_OR_RETURN(const std::vector<std::string> issued,
                     Lines(JoinPath(authority_folder, kIssued)));
    bool known = false, already = false;
    for (const std::string& line : issued) known |= line.starts_with(head);
    for (const std::string& line : revoked) already |= line.starts_with(head);
    if (!known) {
      return MakeError(Code::NOT_FOUND,
                       absl::StrCat(serial, " is no serial in ", authority_folder, "/", kIssued));
    }
    const std::string line = absl::StrCat(head, FormatInstant(clock->NowUs()));
    if (!already) {
      RETURN_IF_ERROR(AddLine(revoked_path, line));
      revoked.push_back(line);
    }
  }
  const std::string path = JoinPath(authority_folder, kListPem);
  ASSIGN_OR_RETURN(const int64_t number, NextNumber(path));
  ASSIGN_OR_RETURN(const std::string pem, MakeList(authority, number, revoked, days, clock));
  return ReplaceFile(path, pem, kPublicMode);
}

StatusOr<std::vector<std::string>> DerOfPem(const std::string& pem, const std::string& what) {
  const BioPtr in = Reading(pem);
  std::vector<std::string> out;
  for (;;) {
    char *name = nullptr, *header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(in.get(), &name, &header, &data, &size) != 1) break;
    const bool fits = what == name;
    if (fits) out.emplace_back(reinterpret_cast<char*>(data), static_cast<size_t>(size));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<size_t>(size));
    if (!fits) return Wrong("the PEM holds something other than " + what);
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended || out.empty()) return Wrong("the PEM holds no " + what + ", or a damaged one");
  return out;
}

}  // namespace tombolo::os
