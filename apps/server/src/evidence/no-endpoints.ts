/**
 * Drop reason of our own, in place of the kernel's: kube-proxy refuses in the name of a service behind which nobody stands, and
 * to the kernel that is a drop by netfilter like a policy's.
 */
export const noEndpoints = 'SERVICE_WITHOUT_ENDPOINTS'
