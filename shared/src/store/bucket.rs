//! A bucket of S3, into which files are put: for the books alone.
//!
//! The client and the roots are those that DynamoDB is reached by, and the signer is the one under its
//! SDK: what is linked already. S3's own SDK would be as much again as all of a function, for one call.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use aws_smithy_http_client::{Connector, tls::TrustStore};
use aws_smithy_runtime_api::client::{http::HttpConnector, identity::Identity};
use aws_smithy_types::body::SdkBody;
use data_encoding::{BASE64, HEXLOWER};
use http_body_util::BodyExt;
use ring::digest::{SHA256, digest};

use super::{back_off, outside::connector, table::AMAZON_ROOTS};
use crate::base::{
    config::BooksConfig,
    error::Error,
    time::{Clock, Timestamp},
};

/// How often a file is sent that did not arrive.
const ATTEMPTS: u32 = 5;
/// How long it may be on its way.
const ANSWER: Duration = Duration::from_secs(120);

/// A file to be put.
#[derive(Debug)]
pub struct File {
    /// What it is called: letters, digits and `/_.-`.
    pub key: String,
    /// What it is: `text/csv`.
    pub media_type: &'static str,
    /// All of it.
    pub text: String,
}

/// A bucket.
#[derive(Debug)]
pub struct Bucket {
    /// Where its files are, without a `/` at the end.
    url: String,
    region: String,
    identity: Identity,
    connector: Connector,
}

/// Why a file was not taken.
enum Refused {
    /// The same may be taken the next time.
    Now(String),
    /// It never will.
    Always(String),
}

impl Bucket {
    /// The bucket that `config` names.
    pub fn new(config: &BooksConfig) -> Result<Self, Error> {
        let bucket = &config.bucket;
        let url = match (&config.endpoint, config.region.as_str()) {
            (Some(endpoint), _) => format!("{endpoint}/{bucket}"),
            (None, china) if china.starts_with("cn-") => {
                format!("https://{bucket}.s3.{china}.amazonaws.com.cn")
            }
            (None, region) => format!("https://{bucket}.s3.{region}.amazonaws.com"),
        };
        let roots = match config.own_certificates || config.endpoint.is_some() {
            true => TrustStore::empty().with_native_roots(true),
            false => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
        };
        let (key_id, secret, session) = config.credentials.clone();
        let credentials = Credentials::new(key_id, secret, session, None, "environment");
        Ok(Self {
            url,
            region: config.region.clone(),
            identity: credentials.into(),
            connector: connector(roots).map_err(Error::Internal)?,
        })
    }

    /// Puts a file there, in place of one that is called so: all of it, or none.
    pub async fn put(&self, file: File) -> Result<(), Error> {
        let hash = digest(&SHA256, file.text.as_bytes());
        let headers = [
            ("content-type", file.media_type.to_owned()),
            // By which S3 knows that what arrived is what was sent.
            ("x-amz-checksum-sha256", BASE64.encode(hash.as_ref())),
        ];
        let url = format!("{}/{}", self.url, file.key);
        let (hash, body) = (HEXLOWER.encode(hash.as_ref()), SdkBody::from(file.text));
        let mut attempt = 0;
        loop {
            let request = self.signed(&url, &headers, (&hash, &body), Clock.now())?;
            let sent = tokio::time::timeout(ANSWER, self.send(request)).await;
            let late = || Err(Refused::Now("no answer in time".to_owned()));
            match sent.unwrap_or_else(|_| late()) {
                Ok(()) => return Ok(()),
                Err(Refused::Now(_)) if attempt + 1 < ATTEMPTS => {
                    back_off(attempt).await;
                    attempt += 1;
                }
                Err(Refused::Now(why)) => {
                    return Err(Error::Busy(format!("{} was not put: {why}", file.key)));
                }
                Err(Refused::Always(why)) => {
                    return Err(Error::Internal(format!("{} was not put: {why}", file.key)));
                }
            }
        }
    }

    fn signed(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        (hash, body): (&str, &SdkBody),
        now: Timestamp,
    ) -> Result<http::Request<SdkBody>, Error> {
        let broken = |why: String| Error::Internal(format!("{url} cannot be asked for: {why}"));
        let mut settings = SigningSettings::default();
        // As S3 reads a path: as it stands there.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let since = Duration::from_millis(u64::try_from(now.millis()).unwrap_or_default());
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::UNIX_EPOCH + since)
            .settings(settings)
            .build()
            .map_err(|error| broken(error.to_string()))?
            .into();
        let named = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let payload = SignableBody::Precomputed(hash.to_owned());
        let signable = SignableRequest::new("PUT", url, named, payload);
        let signable = signable.map_err(|error| broken(error.to_string()))?;
        let signed = sign(signable, &params).map_err(|error| broken(error.to_string()))?;
        let mut request = http::Request::builder().method("PUT").uri(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let body =
            body.try_clone().ok_or_else(|| broken("its body can be sent once".to_owned()))?;
        let mut request = request.body(body).map_err(|error| broken(error.to_string()))?;
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    async fn send(&self, request: http::Request<SdkBody>) -> Result<(), Refused> {
        let request = request.try_into().map_err(|error| Refused::Always(format!("{error:?}")))?;
        let sent = self.connector.call(request).await;
        let response = sent.map_err(|error| Refused::Now(format!("{error:?}")))?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| Refused::Now(error.to_string()))?.to_bytes();
        let said = format!("{status} {}", code(&String::from_utf8_lossy(&body)));
        match status {
            200 => Ok(()),
            // A clock that is wrong is set right, and what is slow becomes faster.
            429 | 500.. => Err(Refused::Now(said)),
            _ => Err(Refused::Always(said)),
        }
    }
}

/// The code of an error of S3: `AccessDenied`.
fn code(body: &str) -> &str {
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map_or("", |(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(region: &str, endpoint: Option<&str>) -> Bucket {
        let config = BooksConfig {
            bucket: "examplebucket".to_owned(),
            region: region.to_owned(),
            credentials: ("AKIDEXAMPLE".to_owned(), "an example".to_owned(), None),
            endpoint: endpoint.map(str::to_owned),
            own_certificates: false,
            accounts: Vec::new(),
            format: None,
        };
        Bucket::new(&config).unwrap()
    }

    #[test]
    fn a_bucket_is_where_its_region_is() {
        let url = |region: &str, endpoint| bucket(region, endpoint).url;
        assert_eq!(url("eu-west-1", None), "https://examplebucket.s3.eu-west-1.amazonaws.com");
        assert_eq!(url("cn-north-1", None), "https://examplebucket.s3.cn-north-1.amazonaws.com.cn");
        let stand_in = Some("http://127.0.0.1:1");
        assert_eq!(url("us-east-1", stand_in), "http://127.0.0.1:1/examplebucket");
    }

    #[test]
    fn a_request_is_signed_with_what_it_carries() {
        let bucket = bucket("us-east-1", None);
        let now = "2026-12-01T13:00:00.000Z".parse().unwrap();
        let signature = |text: &str| {
            let hash = HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref());
            let headers = [("x-amz-checksum-sha256", hash.clone())];
            let url = format!("{}/acc_prod_1/x.csv", bucket.url);
            let body = SdkBody::from(text.to_owned());
            let request = bucket.signed(&url, &headers, (&hash, &body), now).unwrap();
            let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("x-amz-content-sha256"), hash);
            assert_eq!(header("x-amz-date"), "20261201T130000Z");
            header("authorization")
        };
        let one = signature("one");
        let begin = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261201/us-east-1/s3/aws4_request, \
                     SignedHeaders=host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date, Signature=";
        assert!(one.starts_with(begin), "{one}");
        assert_eq!(one, signature("one"));
        assert_ne!(one, signature("two"));
    }

    #[test]
    fn what_s3_says_is_named() {
        let body =
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>x</Message></Error>";
        assert_eq!((code(body), code("")), ("AccessDenied", ""));
    }
}
