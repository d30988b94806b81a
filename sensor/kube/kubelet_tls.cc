// SPDX-License-Identifier: Apache-2.0
#include "kube/kubelet_tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "kube/file_text.h"

namespace nameward {
namespace {

// A bundle of every public CA has a quarter of it.
constexpr size_t kMaxPem = size_t{1} << 20;

using OwnedBio = std::unique_ptr<BIO, decltype(&BIO_free)>;

// Every certificate of a PEM file; other blocks, such as a key, are passed
// over.  The caller frees them.
Result<std::vector<X509*>> ReadCertificates(const std::string& path,
                                            const char* fix) {
  const auto text = ReadFileText(path, kMaxPem);
  if (!text) {
    Error error = text.error();
    error.fix = fix;
    return error;
  }
  std::vector<X509*> certificates;
  const OwnedBio bio(
      BIO_new_mem_buf(text->data(), static_cast<int>(text->size())), &BIO_free);
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    certificates.push_back(next);
  ERR_clear_error();  // the end of the file is one
  if (certificates.empty())
    return Error{path, "holds no certificate in PEM form", fix};
  return certificates;
}

Error OwnCertificateError(const std::string& path, const char* why) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {path, reason == nullptr ? why : std::string(why) + ", " + reason,
          "client certificate and key must be PEM files of one pair"};
}

}  // namespace

KubeletTrust::~KubeletTrust() {
  for (X509* certificate : pinned_) X509_free(certificate);
}

Status KubeletTrust::Install(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &KubeletTrust::OnCertificate, this);
  if (options_.tls == KubeletTls::kVerify) NW_RETURN_IF_ERROR(ReadCa(context));
  if (options_.tls == KubeletTls::kPin) NW_RETURN_IF_ERROR(ReadPinned());
  return ReadOwnCertificate(context);
}

Status KubeletTrust::ReadCa(SSL_CTX* context) {
  auto read = ReadCertificates(
      options_.ca_file, "mount the CA of the kubelet's certificate there");
  if (!read) return read.error();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (X509* certificate : *read) {
    X509_STORE_add_cert(store, certificate);  // takes a reference of its own
    X509_free(certificate);
  }
  return Ok();
}

Status KubeletTrust::ReadPinned() {
  auto read = ReadCertificates(options_.pinned_file,
                               "mount the kubelet's own certificate there");
  if (!read) return read.error();
  pinned_ = std::move(*read);
  return Ok();
}

Status KubeletTrust::ReadOwnCertificate(SSL_CTX* context) {
  const auto& [certificate, key] =
      std::tie(options_.certificate_file, options_.key_file);
  if (certificate.empty()) return Ok();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return OwnCertificateError(certificate, "no client certificate");
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return OwnCertificateError(key, "no key of the client certificate");
  return Ok();
}

int KubeletTrust::OnCertificate(X509_STORE_CTX* chain, void* self) {
  auto& trust = *static_cast<KubeletTrust*>(self);
  trust.refusal_ = trust.Judge(chain);
  if (trust.refusal_.empty()) return 1;
  if (X509_STORE_CTX_get_error(chain) == X509_V_OK)
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

// Empty: believed.
std::string KubeletTrust::Judge(X509_STORE_CTX* chain) {
  X509* shown = X509_STORE_CTX_get0_cert(chain);
  switch (options_.tls) {
    case KubeletTls::kInsecure:
      return "";
    case KubeletTls::kPin: {
      const bool known =
          std::any_of(pinned_.begin(), pinned_.end(),
                      [&](X509* pin) { return X509_cmp(pin, shown) == 0; });
      return known ? "" : "another certificate than the pinned one";
    }
    case KubeletTls::kVerify:
      break;
  }
  if (X509_verify_cert(chain) != 1)
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
  return JudgeName(shown);
}

// Only the alternative names count, never the subject (RFC 6125 6.4.4).
std::string KubeletTrust::JudgeName(X509* certificate) const {
  const std::string& name = options_.node_name;
  const std::string address = address_.ToString();
  const bool ours =
      name.empty() ? X509_check_ip_asc(certificate, address.c_str(), 0) == 1
                   : X509_check_host(certificate, name.data(), name.size(),
                                     X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                                     nullptr) == 1;
  if (ours) return "";
  return "the certificate is not for " + (name.empty() ? address : name);
}

}  // namespace nameward
