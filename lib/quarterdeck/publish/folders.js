// CloudFront's function for viewer requests: S3 has no folders, so one stands for its index.html. Nothing else is rewritten.
function handler(event) {
  var request = event.request;
  if (request.uri.endsWith("/")) request.uri += "index.html";
  return request;
}
