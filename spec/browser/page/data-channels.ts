/** Both ends of a data channel between two connections of this page. */
export async function dataChannels(): Promise<{
  near: RTCDataChannel;
  far: RTCDataChannel;
  close: () => void;
}> {
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  introduce(one, other);
  introduce(other, one);
  const near = one.createDataChannel('rxmux');
  const [far] = await Promise.all([announced(other), opened(near), call(one, other)]);
  return {
    near,
    far,
    close: () => {
      one.close();
      other.close();
    },
  };
}

function introduce(one: RTCPeerConnection, other: RTCPeerConnection): void {
  one.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate !== null) {
      void other.addIceCandidate(candidate);
    }
  });
}

async function call(one: RTCPeerConnection, other: RTCPeerConnection): Promise<void> {
  const offer = await one.createOffer();
  await one.setLocalDescription(offer);
  await other.setRemoteDescription(offer);
  const answer = await other.createAnswer();
  await other.setLocalDescription(answer);
  await one.setRemoteDescription(answer);
}

const announced = (connection: RTCPeerConnection): Promise<RTCDataChannel> =>
  new Promise((resolve) => {
    connection.addEventListener('datachannel', ({ channel }) => {
      resolve(channel);
    });
  });

const opened = (channel: RTCDataChannel): Promise<unknown> =>
  new Promise((resolve) => {
    channel.addEventListener('open', resolve);
  });
